# Where a user's plug-ins belong. Read by install.ps1 and uninstall.ps1.
$Clap = Join-Path $env:LOCALAPPDATA "Programs\Common\CLAP"
$Vst3 = Join-Path $env:LOCALAPPDATA "Programs\Common\VST3"
$Programs = Join-Path $env:LOCALAPPDATA "Programs\Unbraid"

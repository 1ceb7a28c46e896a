# Removes what install.ps1 installed. Presets and settings stay.
$ErrorActionPreference = "Stop"
. (Join-Path $PSScriptRoot "places.ps1")

$installed = (Join-Path $Clap "unbraid.clap"), (Join-Path $Vst3 "unbraid.vst3"), (Join-Path $Programs "unbraid.exe"),
    (Join-Path $Programs "unbraid-standalone.exe")
foreach ($path in $installed) {
    if (Test-Path $path) {
        Remove-Item -Recurse -Force $path
        Write-Output "removed $path"
    }
}

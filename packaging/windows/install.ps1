# Installs Unbraid for the user who runs this: no administrator, nothing outside the profile. Run it again to update.
$ErrorActionPreference = "Stop"
. (Join-Path $PSScriptRoot "places.ps1")

foreach ($line in Get-Content (Join-Path $PSScriptRoot "SHA256SUMS")) {
    $sum, $name = $line -split "  ", 2
    $found = (Get-FileHash -Algorithm SHA256 (Join-Path $PSScriptRoot $name)).Hash
    if ($found -ne $sum) {
        throw "$name is not the file that was packed: download the archive again"
    }
}

function Put($Name, $Folder) {
    $target = Join-Path $Folder $Name
    New-Item -ItemType Directory -Force $Folder | Out-Null
    if (Test-Path $target) { Remove-Item -Recurse -Force $target }
    Copy-Item -Recurse (Join-Path $PSScriptRoot $Name) $target
    Write-Output "installed $target"
}

Put "unbraid.clap" $Clap
Put "unbraid.vst3" $Vst3
Put "unbraid.exe" $Programs
if (Test-Path (Join-Path $PSScriptRoot "unbraid-standalone.exe")) { Put "unbraid-standalone.exe" $Programs }
Write-Output "The command is $Programs\unbraid.exe; completions for PowerShell are in completions\_unbraid.ps1."
Write-Output "Let your DAW scan for plug-ins now. To remove: uninstall.ps1"

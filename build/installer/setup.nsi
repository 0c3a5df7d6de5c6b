; Made from build/installer/setup.nsi and the tables of the product.
Unicode True
Target amd64-unicode
{{if .Fast}}SetCompress off{{else}}SetCompressor lzma{{end}}
SetDateSave off
RequestExecutionLevel admin
ManifestSupportedOS Win10
ManifestDPIAware true
ManifestLongPathAware true
CRCCheck force
AllowRootDirInstall false
Name "{{.Name}}"
OutFile "{{.Out}}"
BrandingText "{{.Name}} {{.Version}}"
InstallDir "$PROGRAMFILES64\{{.Folder}}"
ShowInstDetails nevershow
ShowUninstDetails nevershow
VIProductVersion "{{.Version}}.0"
VIAddVersionKey /LANG=1033 "ProductName" "{{.Name}}"
VIAddVersionKey /LANG=1033 "CompanyName" "{{.Company}}"
VIAddVersionKey /LANG=1033 "FileDescription" "{{.Name}} setup"
VIAddVersionKey /LANG=1033 "FileVersion" "{{.Version}}"
VIAddVersionKey /LANG=1033 "ProductVersion" "{{.Version}}"
VIAddVersionKey /LANG=1033 "LegalCopyright" "{{.Company}}"
{{if .Sign}}!uninstfinalize '{{.Sign}}' = 0
{{end}}
!include MUI2.nsh
!include nsDialogs.nsh
!include LogicLib.nsh
!include WordFunc.nsh
!include x64.nsh

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\{{.Folder}}"
; Exit codes are those of the MSI, so that one table serves for both.
!define CANCELLED 1602
!define FAILED 1603
!define USAGE 1639
!define UNSUPPORTED 1633
!define OTHER 1638
!define RESTART 3010

!define MUI_ICON "{{.Icon}}"
!define MUI_UNICON "{{.Icon}}"
!define MUI_ABORTWARNING
!define MUI_LANGDLL_ALLLANGUAGES
!define MUI_CUSTOMFUNCTION_ABORT Cancelled

!insertmacro MUI_PAGE_LICENSE "{{.Licence}}"
Page custom AddressPage AddressPageLeave
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_TEXT "$(FINISHED)"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
{{range .Languages}}
!insertmacro MUI_LANGUAGE "{{.Name}}"{{end}}
{{range $l := .Languages}}{{range .Texts}}
LangString {{.Key}} ${LANG_{{$l.Upper}}} "{{.Text}}"{{end}}{{end}}

{{range .Properties}}Var {{.Name}}
{{end}}Var Said      ; what a program said
Var Code      ; its exit code
Var Fresh     ; 1: nothing of the product was installed
Var RemoveData
Var Field1
Var Field2
Var Field3
Var Field4

; Fail CODE TEXT ends the run. People see the text; whoever installs silently
; reads the code, and the text in a file.
!macro Fail CODE TEXT
  FileOpen $R8 "$TEMP\BeckmanConnect-setup.log" w
  FileWriteUTF16LE /BOM $R8 "${TEXT}$\r$\n"
  FileClose $R8
  ${IfNot} ${Silent}
    MessageBox MB_OK|MB_ICONSTOP "${TEXT}"
  ${EndIf}
  SetErrorLevel ${CODE}
  Quit
!macroend
!define Fail "!insertmacro Fail"

; Run COMMAND runs a program of the package without a console.
!macro Run COMMAND
  nsExec::ExecToStack '${COMMAND}'
  Pop $Code
  Pop $Said
!macroend
!define Run "!insertmacro Run"

; Arguments takes /NAME=VALUE out of the command line, as Windows itself takes
; it apart: whatever a value holds, it stays one value. What is not known is an
; error, so that a wrong name is not silently nothing.
!macro Arguments UN
Function ${UN}Arguments
  System::Call 'kernel32::GetCommandLineW() p.r0'
  System::Call 'shell32::CommandLineToArgvW(p r0, *i .r1) p.r2'
  StrCpy $R0 $2
  StrCpy $R1 $1
  StrCpy $R2 1 ; 0 is the program
  ${While} $R2 < $R1
    IntPtrOp $R3 $R2 * 8
    IntPtrOp $R3 $R3 + $R0
    System::Call '*$R3(p .r4)'
    System::Call 'kernel32::lstrlenW(p r4) i.r5'
    ${If} $5 >= 1000
      ${Fail} ${USAGE} "$(TOOLONG)"
    ${EndIf}
    System::Call '*$4(&w1024 .r6)'
    Push $6
    Call ${UN}Argument
    IntOp $R2 $R2 + 1
  ${EndWhile}
  System::Call 'kernel32::LocalFree(p R0)'
FunctionEnd
!macroend

Function Argument
  Pop $6
  StrCpy $7 $6 2
  ${If} $6 == "/S"
  ${OrIf} $7 == "/D"
  ${OrIf} $6 == "/NCRC"
    Return ; NSIS' own; /D= changes nothing, because the folder is always the same
  ${EndIf}
{{range .Properties}}  StrCpy $8 $6 {{.Prefix}}
  ${If} $8 == "/{{.Name}}="
    StrCpy ${{.Name}} $6 "" {{.Prefix}}
    Return
  ${EndIf}
{{end}}  ${Fail} ${USAGE} "$(UNKNOWN) $6"
FunctionEnd

Function un.Argument
  Pop $6
  StrCpy $7 $6 3
  ${If} $6 == "/S"
  ${OrIf} $7 == "_?="
    Return
  ${EndIf}
  ${If} $6 == "/REMOVEDATA"
    StrCpy $RemoveData 1
    Return
  ${EndIf}
FunctionEnd

!insertmacro Arguments ""
!insertmacro Arguments "un."

Function .onInit
  SetRegView 64
  SetShellVarContext all
  ; Always the same folder: in another one, other accounts could write.
  StrCpy $INSTDIR "$PROGRAMFILES64\{{.Folder}}"
  ${IfNot} ${Silent}
    !insertmacro MUI_LANGDLL_DISPLAY
  ${EndIf}
  Call Arguments
  ReadRegStr $0 HKLM "SOFTWARE\Microsoft\Windows NT\CurrentVersion" "CurrentBuildNumber"
  ${IfNot} ${RunningX64}
  ${OrIf} $0 < {{.MinBuild}}
    ${Fail} ${UNSUPPORTED} "$(OLDWINDOWS)"
  ${EndIf}
  UserInfo::GetAccountType
  Pop $0
  ${If} $0 != "Admin"
    ${Fail} ${FAILED} "$(NOADMIN)"
  ${EndIf}
  ReadRegStr $0 HKLM "{{.Key}}" "Package"
  ${If} $0 == "msi"
    ${Fail} ${OTHER} "$(OTHERPACKAGE)"
  ${EndIf}
  StrCpy $Fresh 1
  ReadRegStr $0 HKLM "${UNINSTALL}" "DisplayVersion"
  ${If} $0 != ""
    StrCpy $Fresh 0
    ${VersionCompare} "$0" "{{.Version}}" $1
    ${If} $1 == 1
      ${Fail} ${OTHER} "$(NEWER)"
    ${EndIf}
  ${EndIf}
{{if .URL}}  ${If} $CLOUDURL == ""
  ${AndIfNot} ${FileExists} "$APPDATA\{{.Folder}}\host.toml"
    StrCpy $CLOUDURL "{{.URL}}"
  ${EndIf}
{{end}}FunctionEnd

; The address page asks for what a person can be expected to know.
Function AddressPage
  !insertmacro MUI_HEADER_TEXT "$(ADDRESSTITLE)" "$(ADDRESSHINT)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 0 100% 18u "$(ADDRESSKEEP)"
  Pop $0
{{range $i, $f := .Fields}}  ${NSD_CreateLabel} 0 {{$f.Top}}u 35% 12u "$({{$f.Label}})"
  Pop $0
  ${NSD_CreateText} 36% {{$f.Top}}u 64% 12u "${{$f.Name}}"
  Pop $Field{{$f.Number}}
{{end}}  nsDialogs::Show
FunctionEnd

; What "install" would refuse of an address is said while it can be mended.
Function AddressPageLeave
{{range .Fields}}  ${NSD_GetText} $Field{{.Number}} ${{.Name}}
{{end}}  StrCpy $0 $CLOUDURL 8
  StrCpy $1 $CLOUDURL 1 8
  ${If} $CLOUDURL != ""
    ${If} $0 != "https://"
    ${OrIf} $1 == ""
      MessageBox MB_OK|MB_ICONEXCLAMATION "$(NOADDRESS)"
      ${NSD_SetFocus} $Field1
      Abort
    ${EndIf}
  ${EndIf}
FunctionEnd

Function Cancelled
  SetErrorLevel ${CANCELLED}
FunctionEnd

; Undo takes a first installation back.
Function Undo
  ${If} $Fresh == 1
    ${Run} '{{.CommandUninstall}}'
    ${Run} '{{.CommandAbandon}}'
    Call RemoveFiles
    DeleteRegKey HKLM "${UNINSTALL}"
    DeleteRegKey HKLM "{{.Key}}"
  ${EndIf}
FunctionEnd

; Room FILE makes room for a program that may run. A service that was stopped is
; waited for a moment; what runs on, a tray for example, can be renamed and not be
; written to, and goes at the next start of the PC.
!macro Room FILE
  Delete "${FILE}.old"
  StrCpy $R6 0
  ${While} ${FileExists} "${FILE}"
    Delete "${FILE}"
    ${If} ${FileExists} "${FILE}"
      IntOp $R6 $R6 + 1
      ${If} $R6 > 8
        Rename "${FILE}" "${FILE}.old"
        Delete /REBOOTOK "${FILE}.old"
        ${Break}
      ${EndIf}
      Sleep 250
    ${EndIf}
  ${EndWhile}
  ClearErrors ; of the attempts; whether the file is written counts
!macroend

!macro RemoveFiles UN
Function ${UN}RemoveFiles
{{range .Files}}  Delete /REBOOTOK "{{.Path}}"
{{end}}  Delete "$INSTDIR\package\uninstall.exe"
  RMDir "$INSTDIR\package\trust"
  RMDir "$INSTDIR\package"
  RMDir "$INSTDIR\bin"
  RMDir "$INSTDIR"
  RMDir "$APPDATA\{{.Folder}}\trust"
  RMDir "$APPDATA\{{.Folder}}" ; only when nothing is left in it
FunctionEnd
!macroend
!insertmacro RemoveFiles ""
!insertmacro RemoveFiles "un."

Section
  SetRegView 64
  SetShellVarContext all
{{range .Services}}  ${Run} '"$SYSDIR\net.exe" stop {{.}}'
{{end}}  Delete "$INSTDIR\package\*.tar.zst" ; of another version
  StrCpy $R7 0
{{range .Files}}  !insertmacro Room "{{.Path}}"
  SetOutPath "{{.Folder}}"
{{if .Packed}}  SetCompress off
{{end}}  File "/oname={{.Name}}" "{{.From}}"
  ${If} ${Errors}
    StrCpy $R7 1
  ${EndIf}
{{if and .Packed (not $.Fast)}}  SetCompress auto
{{end}}{{end}}  SetOutPath "$INSTDIR\package"
  !insertmacro Room "$INSTDIR\package\uninstall.exe"
  WriteUninstaller "$INSTDIR\package\uninstall.exe"
  ${If} ${Errors}
    StrCpy $R7 1
  ${EndIf}
  SetOutPath "$INSTDIR"
  ${If} $R7 = 1
    Call Undo
    ${Fail} ${FAILED} "$(NOFILES)"
  ${EndIf}
  WriteRegStr HKLM "{{.Key}}" "Package" "setup"
  WriteRegStr HKLM "{{.Key}}" "Version" "{{.Version}}"
  ; What was said, for "install --answers": never on a command line.
{{range .Properties}}  WriteRegStr HKLM "{{$.Answers}}" "{{.Name}}" "=${{.Name}}"
{{end}}  WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "{{.Name}}"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "{{.Version}}"
  WriteRegStr HKLM "${UNINSTALL}" "Publisher" "{{.Company}}"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayIcon" "$INSTDIR\bin\beckmanconnect.exe,0"
  WriteRegStr HKLM "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\package\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\package\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL}" "NoRepair" 1
  WriteRegDWORD HKLM "${UNINSTALL}" "EstimatedSize" {{.Size}}

  DetailPrint "$(ADOPTING)"
  ${Run} '{{.CommandAdopt}}'
  ${If} $Code == 0
    DetailPrint "$(SETTING)"
    ${Run} '{{.CommandInstall}}'
  ${EndIf}
  ${If} $Code != 0
    StrCpy $R9 $Said
    Call Undo
    ${Fail} ${FAILED} "$(NOINSTALL)$\r$\n$\r$\n$R9"
  ${EndIf}
  ${If} ${RebootFlag}
    SetErrorLevel ${RESTART}
  ${EndIf}
SectionEnd

Function un.onInit
  SetRegView 64
  SetShellVarContext all
  StrCpy $INSTDIR "$PROGRAMFILES64\{{.Folder}}"
  StrCpy $RemoveData 0
  Call un.Arguments
FunctionEnd

Section un.
  SetRegView 64
  SetShellVarContext all
  ${If} $RemoveData == 1
    ${Run} '{{.CommandUninstall}} --remove-data'
  ${Else}
    ${Run} '{{.CommandUninstall}}'
  ${EndIf}
  ${If} $Code != 0
    ${Fail} ${FAILED} "$(NOREMOVE)$\r$\n$\r$\n$Said"
  ${EndIf}
  ${Run} '{{.CommandAbandon}}'
  ${If} $Code != 0
    ${Fail} ${FAILED} "$(NOREMOVE)$\r$\n$\r$\n$Said"
  ${EndIf}
  SetOutPath "$TEMP" ; no folder of ours is in use
  Call un.RemoveFiles
  DeleteRegKey HKLM "${UNINSTALL}"
  DeleteRegKey HKLM "{{.Key}}"
  ${If} ${RebootFlag}
    SetErrorLevel ${RESTART}
  ${EndIf}
SectionEnd

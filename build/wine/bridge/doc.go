// Command bridge is a Windows program for the story under Wine. Linux programs
// cannot open the pipes of Windows programs, nor read the text of their windows:
// they ask the bridge, on loopback, with a line of words between tabs.
//
// Under the name powershell.exe it stands in for the PowerShell that Wine lacks
// and writes down what it was to run. It is part of no package.
package main

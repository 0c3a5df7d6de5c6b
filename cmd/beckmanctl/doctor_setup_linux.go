package main

// installationCheck: here the package manager and systemd keep what was put,
// and the doctor looks at the rights itself.
var installationCheck installation

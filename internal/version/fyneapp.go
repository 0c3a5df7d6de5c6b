// Code generated from FyneApp.toml by internal/version/gen. DO NOT EDIT.

package version

const (
	fyneName    = "BeckmanConnect Remote Support"
	fyneID      = "com.beckmanconnect.remotesupport"
	fyneVersion = "0.1.0"
	fyneBuild   = 1
)

//go:build linux

package x11

import "github.com/jezek/xgb/xproto"

type Marker struct{ window xproto.Window }

package gdi

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	d3d11 = windows.NewLazySystemDLL("d3d11.dll")

	procCreateDevice = d3d11.NewProc("D3D11CreateDevice")

	iidDXGIDevice  = windows.GUID{Data1: 0x54ec77fa, Data2: 0x1377, Data3: 0x44e6, Data4: [8]byte{0x8c, 0x32, 0x88, 0xfd, 0x5f, 0x44, 0xc8, 0x4c}}
	iidDXGIOutput1 = windows.GUID{Data1: 0x00cddea8, Data2: 0x939b, Data3: 0x4b83, Data4: [8]byte{0xa3, 0x40, 0xa6, 0x85, 0x22, 0x66, 0x66, 0xcc}}
	iidTexture2D   = windows.GUID{Data1: 0x6f15aaf2, Data2: 0xd208, Data3: 0x4e89, Data4: [8]byte{0x9a, 0xb4, 0x48, 0x95, 0x35, 0xd3, 0x4f, 0x9c}}
)

// object is a COM object: its first word points to its methods. It is in the
// system's memory, which the collector leaves alone.
type object struct{ methods *[64]uintptr }

// The methods that are called, by their place in the interface.
const (
	unknownQuery   = 0
	unknownRelease = 2

	dxgiDeviceAdapter  = 7
	dxgiAdapterOutputs = 7
	dxgiOutputDesc     = 7
	dxgiOutput1Dup     = 22

	dupDesc         = 7
	dupAcquire      = 8
	dupDirtyRects   = 9
	dupMoveRects    = 10
	dupReleaseFrame = 14

	deviceTexture2D = 5
	contextMap      = 14
	contextUnmap    = 15
	contextCopy     = 47
)

func (o *object) call(method int, args ...uintptr) uintptr {
	r, _, _ := syscall.SyscallN(o.methods[method], append([]uintptr{uintptr(unsafe.Pointer(o))}, args...)...)
	return r
}

func (o *object) release() {
	if o != nil {
		o.call(unknownRelease)
	}
}

func (o *object) query(id *windows.GUID) (*object, error) {
	var out *object
	return out, failed("interface", o.call(unknownQuery, uintptr(unsafe.Pointer(id)), uintptr(unsafe.Pointer(&out))))
}

// What AcquireNextFrame and others return.
const (
	dxgiNotFound    = 0x887A0002
	dxgiUnsupported = 0x887A0004
	dxgiWaitTimeout = 0x887A0027
	dxgiAccessLost  = 0x887A0026
	dxgiInvalidCall = 0x887A0001
	dxgiMoreData    = 0x887A0003
	notImplemented  = 0x80004001
)

type outputDesc struct {
	device   [32]uint16
	bounds   rect
	attached int32
	rotation uint32
	monitor  uintptr
}

type duplicationDesc struct {
	width, height     uint32
	rate              [2]uint32
	format            uint32
	scanline, scaling uint32
	rotation          uint32
	inMemory          int32
}

type frameInfo struct {
	lastPresent, lastMouse int64
	accumulated            uint32
	coalesced, protected   int32
	pointer                [3]int32 // place and whether it is visible
	metadata               uint32
	shape                  uint32
}

type textureDesc struct {
	width, height, mips, array, format, count, quality, usage, bind, access, misc uint32
}

const (
	formatBGRA   = 87
	usageStaging = 3
	accessRead   = 0x20000
)

type mapped struct {
	data       *byte
	row, depth uint32
}

type moveRect struct {
	fromX, fromY int32
	to           rect
}

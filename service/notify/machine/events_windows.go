package machine

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	wevtapi   = windows.NewLazySystemDLL("wevtapi.dll")
	evtQuery  = wevtapi.NewProc("EvtQuery")
	evtNext   = wevtapi.NewProc("EvtNext")
	evtRender = wevtapi.NewProc("EvtRender")
	evtClose  = wevtapi.NewProc("EvtClose")
)

// Of winevt.h.
const (
	evtQueryChannelPath      = 0x1
	evtQueryForwardDirection = 0x100
	evtQueryReverseDirection = 0x200
	evtRenderEventXML        = 1

	evtWait    = 2000 // ms
	largeEvent = 256 << 10
)

func readEvents() eventReader { return eventLogs{query: queryEvents}.read }

// queryEvents asks the event log service; it takes no more rights than every
// account has for these logs.
func queryEvents(channel, query string, newest bool, most int) ([]string, error) {
	if err := wevtapi.Load(); err != nil {
		return nil, err
	}
	path, err := windows.UTF16PtrFromString(channel)
	if err != nil {
		return nil, err
	}
	text, err := windows.UTF16PtrFromString(query)
	if err != nil {
		return nil, err
	}
	flags := uintptr(evtQueryChannelPath | evtQueryForwardDirection)
	if newest {
		flags, most = evtQueryChannelPath|evtQueryReverseDirection, 1
	}
	results, _, err := evtQuery.Call(0, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(text)), flags)
	if results == 0 {
		return nil, err
	}
	defer func() { _, _, _ = evtClose.Call(results) }()
	var all []string
	for len(all) < most {
		var handle, count uintptr
		ok, _, err := evtNext.Call(results, 1, uintptr(unsafe.Pointer(&handle)), evtWait, 0, uintptr(unsafe.Pointer(&count)))
		if ok == 0 {
			if errors.Is(err, windows.ERROR_NO_MORE_ITEMS) {
				break
			}
			return nil, err
		}
		one, err := render(handle)
		_, _, _ = evtClose.Call(handle)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func render(handle uintptr) (string, error) {
	buffer := make([]uint16, 4<<10)
	for {
		var used, properties uint32
		ok, _, err := evtRender.Call(0, handle, evtRenderEventXML, uintptr(2*len(buffer)), uintptr(unsafe.Pointer(&buffer[0])),
			uintptr(unsafe.Pointer(&used)), uintptr(unsafe.Pointer(&properties)))
		switch {
		case ok != 0:
			return windows.UTF16ToString(buffer), nil
		case errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) && used <= largeEvent && int(used) > 2*len(buffer):
			buffer = make([]uint16, used/2+1)
		default:
			return "", err
		}
	}
}

package gdi

import (
	"errors"
	"fmt"
	"image"
	"unsafe"
)

// duplication reads one monitor by Desktop Duplication. All of its objects are
// used by one goroutine at a time.
type duplication struct {
	device, context, dup, staging *object

	size    image.Point
	fresh   bool // no frame came yet
	pending []image.Rectangle
	waiting bool // pending is worth a picture
	meta    []byte
}

// openDuplication opens the monitor that is exactly view.
func openDuplication(view image.Rectangle) (source, error) {
	if procCreateDevice.Find() != nil {
		return nil, errUnsupported
	}
	d := &duplication{size: view.Size(), fresh: true}
	if err := d.open(view); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *duplication) open(view image.Rectangle) error {
	const hardware, sdkVersion, bgra = 1, 7, 0x20
	r, _, _ := procCreateDevice.Call(0, hardware, 0, bgra, 0, 0, sdkVersion, uintptr(unsafe.Pointer(&d.device)), 0, uintptr(unsafe.Pointer(&d.context)))
	if err := failed("graphics device", r); err != nil {
		return errors.Join(errUnsupported, err)
	}
	dxgi, err := d.device.query(&iidDXGIDevice)
	if err != nil {
		return errors.Join(errUnsupported, err)
	}
	defer dxgi.release()
	var adapter *object
	if err := failed("adapter", dxgi.call(dxgiDeviceAdapter, uintptr(unsafe.Pointer(&adapter)))); err != nil {
		return err
	}
	defer adapter.release()
	output, err := outputOf(adapter, view)
	if err != nil {
		return err
	}
	defer output.release()
	output1, err := output.query(&iidDXGIOutput1)
	if err != nil {
		return errors.Join(errUnsupported, err)
	}
	defer output1.release()
	switch r := output1.call(dxgiOutput1Dup, uintptr(unsafe.Pointer(d.device)), uintptr(unsafe.Pointer(&d.dup))); uint32(r) {
	case dxgiUnsupported, notImplemented: // a remote log-on, an old driver
		return errUnsupported
	default:
		if err := failed("duplicate the monitor", r); err != nil {
			return err
		}
	}
	var desc duplicationDesc
	d.dup.call(dupDesc, uintptr(unsafe.Pointer(&desc)))
	if image.Pt(int(desc.width), int(desc.height)) != d.size || !fits(view, view, desc.rotation, true) {
		return errUnsupported
	}
	texture := textureDesc{
		width: desc.width, height: desc.height, mips: 1, array: 1, format: formatBGRA, count: 1, usage: usageStaging, access: accessRead,
	}
	return failed("memory of the picture", d.device.call(deviceTexture2D, uintptr(unsafe.Pointer(&texture)), 0, uintptr(unsafe.Pointer(&d.staging))))
}

// outputOf is the adapter's output that shows view, upright and alone.
func outputOf(adapter *object, view image.Rectangle) (*object, error) {
	for i := uintptr(0); ; i++ {
		var output *object
		r := adapter.call(dxgiAdapterOutputs, i, uintptr(unsafe.Pointer(&output)))
		if uint32(r) == dxgiNotFound {
			return nil, errUnsupported
		}
		if err := failed("monitors of the adapter", r); err != nil {
			return nil, err
		}
		var desc outputDesc
		err := failed("monitor", output.call(dxgiOutputDesc, uintptr(unsafe.Pointer(&desc))))
		bounds := image.Rectangle{Min: image.Pt(int(desc.bounds.left), int(desc.bounds.top)), Max: image.Pt(int(desc.bounds.right), int(desc.bounds.bottom))}
		if err == nil && fits(bounds, view, desc.rotation, desc.attached != 0) {
			return output, nil
		}
		output.release()
	}
}

// next takes one frame, if there is one within ms.
func (d *duplication) next(ms uint32) (bool, error) {
	var info frameInfo
	var resource *object
	switch r := d.dup.call(dupAcquire, uintptr(ms), uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&resource))); uint32(r) {
	case dxgiWaitTimeout:
		return false, nil
	case dxgiAccessLost, dxgiInvalidCall:
		return false, errLost
	default:
		if err := failed("next frame", r); err != nil {
			return false, err
		}
	}
	defer func() { d.dup.call(dupReleaseFrame) }()
	defer resource.release()
	if info.lastPresent == 0 && !d.fresh { // only the pointer moved
		return true, nil
	}
	changes, err := d.changes(info)
	if err != nil {
		return false, err
	}
	texture, err := resource.query(&iidTexture2D)
	if err != nil {
		return false, err
	}
	defer texture.release()
	var desc textureDesc
	const textureGetDesc = 10
	texture.call(textureGetDesc, uintptr(unsafe.Pointer(&desc)))
	if desc.format != formatBGRA || image.Pt(int(desc.width), int(desc.height)) != d.size {
		return false, errUnsupported // as wide colours are
	}
	d.context.call(contextCopy, uintptr(unsafe.Pointer(d.staging)), uintptr(unsafe.Pointer(texture)))
	if d.fresh {
		changes, d.fresh = []image.Rectangle{{Max: d.size}}, false
	}
	d.pending = append(d.pending, changes...)
	d.waiting = d.waiting || len(changes) > 0
	return true, nil
}

// changes is what a frame says of itself. One that says nothing changed all.
func (d *duplication) changes(info frameInfo) ([]image.Rectangle, error) {
	whole := []image.Rectangle{{Max: d.size}}
	if info.metadata == 0 {
		return whole, nil
	}
	if len(d.meta) < int(info.metadata) {
		d.meta = make([]byte, info.metadata)
	}
	read := func(method int) (int, error) {
		var used uint32
		r := d.dup.call(method, uintptr(len(d.meta)), uintptr(unsafe.Pointer(&d.meta[0])), uintptr(unsafe.Pointer(&used)))
		switch uint32(r) {
		case dxgiAccessLost:
			return 0, errLost
		case dxgiMoreData:
			return -1, nil
		}
		return int(used), failed("what a frame changed", r)
	}
	n, err := read(dupMoveRects)
	if err != nil || n < 0 {
		return whole, err
	}
	var moves []move
	for _, m := range unsafe.Slice((*moveRect)(unsafe.Pointer(&d.meta[0])), n/int(unsafe.Sizeof(moveRect{}))) {
		moves = append(moves, move{image.Pt(int(m.fromX), int(m.fromY)), m.to.whole()})
	}
	if n, err = read(dupDirtyRects); err != nil || n < 0 {
		return whole, err
	}
	var dirty []image.Rectangle
	for _, r := range unsafe.Slice((*rect)(unsafe.Pointer(&d.meta[0])), n/int(unsafe.Sizeof(rect{}))) {
		dirty = append(dirty, r.whole())
	}
	return damageOf(moves, dirty, d.size), nil
}

// whole keeps a rectangle as it is: image.Rect would turn a broken one around.
func (r rect) whole() image.Rectangle {
	return image.Rectangle{Min: image.Pt(int(r.left), int(r.top)), Max: image.Pt(int(r.right), int(r.bottom))}
}

// maxFrames bounds how many frames one picture takes in: a screen that is always
// ahead would never end.
const maxFrames = 4

// waits implements source.
func (d *duplication) waits() bool {
	if d.waiting {
		return true
	}
	_, err := d.next(0)
	return err != nil || d.waiting // an error is for take to see
}

// take implements source.
func (d *duplication) take(pix []byte) ([]image.Rectangle, error) {
	first := uint32(0)
	if d.fresh {
		first = 100
	}
	for n := range maxFrames {
		more, err := d.next(first)
		if err != nil {
			return nil, err
		}
		if !more {
			if n == 0 && d.fresh {
				return nil, errors.New("gdi: the monitor shows nothing to duplicate")
			}
			break
		}
		first = 0
	}
	damage := damageOf(nil, d.pending, d.size)
	if err := d.copy(pix, damage); err != nil {
		return nil, err
	}
	d.pending, d.waiting = nil, false
	return damage, nil
}

// copy brings what changed from the graphics card's memory into ours.
func (d *duplication) copy(pix []byte, rects []image.Rectangle) error {
	if len(rects) == 0 {
		return nil
	}
	const read = 1
	var m mapped
	if err := failed("read the picture", d.context.call(contextMap, uintptr(unsafe.Pointer(d.staging)), 0, read, 0, uintptr(unsafe.Pointer(&m)))); err != nil {
		return err
	}
	defer d.context.call(contextUnmap, uintptr(unsafe.Pointer(d.staging)), 0)
	if int(m.row) < 4*d.size.X {
		return fmt.Errorf("gdi: rows of %d bytes", m.row)
	}
	from := unsafe.Slice(m.data, int(m.row)*d.size.Y)
	stride := 4 * d.size.X
	for _, r := range rects {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(pix[y*stride+4*r.Min.X:y*stride+4*r.Max.X], from[y*int(m.row)+4*r.Min.X:])
		}
	}
	return nil
}

func (d *duplication) close() {
	for _, o := range []*object{d.staging, d.dup, d.context, d.device} {
		o.release()
	}
	*d = duplication{}
}

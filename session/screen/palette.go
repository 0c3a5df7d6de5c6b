package screen

// palette collects up to 256 colours in a small open hash.
type palette struct {
	colours []uint32
	slots   [1024]uint16 // index + 1 into colours
	used    []uint16     // slots to clear
	over    bool         // there were more
	last    uint32       // the pixel before, most often the same
	lastIdx uint8
}

func (p *palette) clear() {
	for _, s := range p.used {
		p.slots[s] = 0
	}
	p.used = p.used[:0]
	p.colours = p.colours[:0]
	p.over = false
	p.last = ^uint32(0)
}

func hash(c uint32) uint32 { return c * 2654435761 >> 22 }

// find gives the slot of c: its own or the free one where it belongs.
func (p *palette) find(c uint32) uint32 {
	s := hash(c)
	for p.slots[s] != 0 && p.colours[p.slots[s]-1] != c {
		s = (s + 1) % uint32(len(p.slots))
	}
	return s
}

func (p *palette) add(c uint32) {
	if c == p.last || p.over {
		return
	}
	p.last = c
	s := p.find(c)
	if p.slots[s] != 0 {
		return
	}
	if len(p.colours) == 256 {
		p.over = true
		return
	}
	p.colours = append(p.colours, c)
	p.slots[s] = uint16(len(p.colours))
	p.used = append(p.used, uint16(s))
}

func (p *palette) index(c uint32) uint8 {
	if c != p.last {
		p.last, p.lastIdx = c, uint8(p.slots[p.find(c)]-1)
	}
	return p.lastIdx
}

// bits of an index for n colours.
func bits(n int) int {
	switch {
	case n <= 2:
		return 1
	case n <= 4:
		return 2
	case n <= 16:
		return 4
	}
	return 8
}

// packedSize is the bytes of n indices.
func packedSize(n, colours int) int { return (n*bits(colours) + 7) / 8 }

// pack appends indices, filled to a byte.
func (p *palette) pack(dst []byte, pixels []uint32) []byte {
	width := bits(len(p.colours))
	p.last = ^uint32(0)
	if width == 8 {
		for _, c := range pixels {
			dst = append(dst, p.index(c))
		}
		return dst
	}
	var acc byte
	free := 8
	for _, c := range pixels {
		free -= width
		acc |= p.index(c) << free
		if free == 0 {
			dst = append(dst, acc)
			acc, free = 0, 8
		}
	}
	if free < 8 {
		dst = append(dst, acc)
	}
	return dst
}

// appendColours writes a palette's colours and learns those that were unknown.
func (k *knownColours) append(dst []byte, colours []uint32) []byte {
	dst = append(dst, byte(len(colours)-1))
	bitmap := len(dst)
	for range (len(colours) + 7) / 8 {
		dst = append(dst, 0)
	}
	for i, c := range colours {
		place := colourPlace(c)
		if k[place] == c {
			dst[bitmap+i/8] |= 1 << (i % 8)
			dst = append(dst, place)
			continue
		}
		k[place] = c
		dst = append(dst, byte(c>>16), byte(c>>8), byte(c))
	}
	return dst
}

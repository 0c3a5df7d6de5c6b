// Package screen is the picture codec of a support session: lossless, so that
// text stays sharp and a settled picture is pixel exact, and video for what
// moves more than a link carries.
//
// # Format, version 2
//
// A picture is sent as updates. "uvarint" and "varint" (zigzag) are those of
// encoding/binary. An update is
//
//	u8       2<<5 | flags: 1 complete (start from a black picture, and forget
//	                         everything below that is kept between updates)
//	                       2 more     (the same picture goes on in the next update)
//	                       4 want ack (answer at once: the sender waits for it)
//	                       8 packed   (the body is a piece of the deflate stream)
//	                       16 video   (a video frame comes before the body)
//	uvarint  sequence number, 32 bits; one more than the update before unless complete
//	if complete: uvarint width, uvarint height of the picture
//	if video:    uvarint length, then as many bytes: the video frame
//	the body, to the end
//
// The body is a list of operations, applied in order; the video frame is drawn
// after them. Packed bodies are one raw deflate stream (RFC 1951) that goes on
// from update to update and begins anew with a complete one: each piece ends at
// an empty stored block, of which the last four bytes (00 00 ff ff) are left
// out. Bodies that are not packed are not part of that stream. A body is at
// most MaxBody bytes, inflated.
//
// An operation begins with its kind, and flags from 64 on:
//
//	u8       kind: 1 solid, 2 palette, 3 raw, 4 smooth, 5 sparse, 6 copy, 7 repeat,
//	         8 text, 9 part
//	         64 keep: what it leaves in its rectangle goes into the cache
//	         128 keep old: what was in its rectangle before goes into the cache, first
//	varint   left edge, from the right edge of the operation before
//	varint   top edge, from the top edge of the operation before
//	uvarint  width, uvarint height (not of repeat: they are those of what is repeated)
//
// "Before" goes across updates; after a complete one both edges are 0. The
// rectangle is inside the picture and not empty; except for solid and copy it
// is at most 64 × 64, and only with such a one the cache flags may be set.
// They may not be set with repeat and part. All rectangles of an update together have at
// most MaxWork times the picture's pixels. Then:
//
//	solid    red, green, blue
//	palette  colours, then an index for each pixel, row by row, of 1, 2, 4 or
//	         8 bits for n ≤ 2, 4, 16, 256, first pixel in the highest bits, each
//	         row filled to a byte
//	raw      red, green, blue for each pixel, row by row
//	smooth   the same, less what the neighbours predict, modulo 256 (see predict)
//	sparse   only some pixels change: colours; uvarint m ≥ 1, then m runs of uvarint
//	         pixels skipped and uvarint pixels changed ≥ 1, counted row by row; then,
//	         when there are 2 colours or more, an index for each changed pixel as
//	         in palette, filled to a byte at the end only
//	text     uvarint n ≤ 256, then n colours as red, green, blue, which take the
//	         next places of the table of text's colours, one after the other and
//	         round again; then the place of each pixel's colour, column by column
//	copy     varint x, varint y: how far the source is from the rectangle; it is
//	         inside the picture as it stands, and may overlap
//	repeat   uvarint: how many entries of the cache are newer than the one meant
//	part     the same, then uvarint x, uvarint y: a part of that entry, from its
//	         pixel x, y on
//
// Colours are u8 n-1, then ⌈n/8⌉ bytes of which bit i (lowest first) says that
// colour i is known, then for each either u8, its place in the table of known
// colours, or red, green, blue, which then goes into that table. A colour's
// place is the top 8 bits of (red<<16 | green<<8 | blue) × 2654435761 modulo
// 2³²; the table has 256 places and begins black. So does that of text's colours,
// of which the first place is taken first.
//
// The cache holds rectangles of pixels in a ring of CacheArea pixels: an entry
// takes the next width × height places, and begins at the ring's first when it
// would go across its end. What is overwritten is gone, and so is all but the
// newest CacheEntries.
//
// A video frame is
//
//	u8       codec<<1 | 1 when it needs no frame before; codecs: 1 VP8, 2 JPEG
//	uvarint  left, top, width, height of where it is drawn, inside the picture
//	the frame as the codec has it, of exactly that size
//
// It is followed by frames of the same codec and place, or by one that needs
// none before. What a video frame leaves is not known exactly: until each of
// its pixels was set by an operation, no copy, sparse or keep old is made of it.
//
// A decoder that sees anything else refuses the update and asks for a complete
// one.
//
// Masks (B6) are the caller's: what must not be seen never reaches Encode.
package screen

// Version of the format.
const Version = 2

// Limits that both ends hold to.
const (
	MaxSide      = 16384   // pixels of width or height
	MaxArea      = 1 << 26 // pixels altogether: two 8K screens
	MaxBody      = 2 << 20 // bytes of one update's body, inflated
	MaxVideo     = 2 << 20 // bytes of one video frame
	Tile         = 64      // pixels of a tile's side
	CacheArea    = 1 << 21 // pixels that both ends remember: 8 MiB
	CacheEntries = 1 << 14
	MaxWork      = 32 // times the picture's pixels that one update may set
)

const (
	flagComplete = 1
	flagMore     = 2
	flagWantAck  = 4
	flagPacked   = 8
	flagVideo    = 16
	versionShift = 5

	opSolid   = 1
	opPalette = 2
	opRaw     = 3
	opSmooth  = 4
	opSparse  = 5
	opCopy    = 6
	opRepeat  = 7
	opText    = 8
	opPart    = 9

	opKind    = 63
	opKeep    = 64
	opKeepOld = 128
)

// The codecs of a video frame.
const (
	CodecVP8  byte = 1
	CodecJPEG byte = 2
)

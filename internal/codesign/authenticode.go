package codesign

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidIndirectData = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 1, 4}
	oidImageData    = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 1, 15}
	oidSHA256       = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	// Time stamps are put beside a signature after it was made. Windows verifies
	// them; nothing is decided by them here.
	oidTimestamp        = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 3, 3, 1}
	oidCounterSignature = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 6}
)

// Program verifies the Authenticode signature of a Windows program on an open
// handle: the whole file is what was signed, and the publisher signed it. It
// works on every system; on Windows, File asks the system as well.
func (g Gate) Program(r io.ReaderAt, size int64) error {
	image, err := readImage(r, size)
	if err != nil {
		return err
	}
	p, err := parse(image.signature)
	if err != nil {
		return err
	}
	want, err := imageDigest(p.Content)
	if err != nil {
		return err
	}
	digest, err := image.digest()
	if err != nil {
		return err
	}
	if !bytes.Equal(digest, want) {
		return refuse("the program is not the one that was signed")
	}
	return g.verify(p, oidIndirectData, oidTimestamp, oidCounterSignature)
}

// imageDigest reads what was signed (SpcIndirectDataContent without its outer
// tag): that it is a program, and its SHA-256.
func imageDigest(content []byte) ([]byte, error) {
	s := cryptobyte.String(content)
	var attribute, message, algorithm cryptobyte.String
	var kind, hash asn1.ObjectIdentifier
	var digest []byte
	ok := s.ReadASN1(&attribute, casn1.SEQUENCE) && attribute.ReadASN1ObjectIdentifier(&kind) &&
		s.ReadASN1(&message, casn1.SEQUENCE) && s.Empty() &&
		message.ReadASN1(&algorithm, casn1.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&hash) &&
		message.ReadASN1Bytes(&digest, casn1.OCTET_STRING) && message.Empty()
	if !ok || !kind.Equal(oidImageData) {
		return nil, refuse("it is not over a program")
	}
	if !hash.Equal(oidSHA256) || len(digest) != sha256.Size {
		return nil, refuse("it is over a digest other than SHA-256")
	}
	return digest, nil
}

// image is a PE file as far as its signature is concerned.
type image struct {
	file      io.ReaderAt
	checksum  int64 // offset of the 4 bytes that a signature leaves out
	entry     int64 // offset of the 8 bytes that say where the signature is
	end       int64 // of what is signed; the signature begins here
	signature []byte
}

// Offsets in a PE file (PE Format, Microsoft).
const (
	peOffset       = 0x3c // in the DOS header: where "PE\0\0" is
	headerSize     = 24   // "PE\0\0" and the COFF header
	checksumAt     = 64   // in the optional header
	directories32  = 96
	directories64  = 112
	securityEntry  = 4 * 8 // the fifth directory
	maxOptional    = 1 << 12
	certificateHdr = 8 // length, revision, type
)

// readImage finds the signature. It must be one, the last thing in the file, and
// as long as it says: bytes behind or between would be nobody's.
func readImage(r io.ReaderAt, size int64) (*image, error) {
	head := make([]byte, min(size, 1<<16))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("codesign: read: %w", err)
	}
	bad := func() (*image, error) { return nil, refuse("this is not a Windows program") }
	if len(head) < peOffset+4 || string(head[:2]) != "MZ" {
		return bad()
	}
	pe := int64(binary.LittleEndian.Uint32(head[peOffset:]))
	if pe+headerSize+2 > int64(len(head)) || string(head[pe:pe+4]) != "PE\x00\x00" {
		return bad()
	}
	optional, directories := pe+headerSize, int64(0)
	switch binary.LittleEndian.Uint16(head[optional:]) {
	case 0x10b:
		directories = optional + directories32
	case 0x20b:
		directories = optional + directories64
	default:
		return bad()
	}
	i := &image{file: r, checksum: optional + checksumAt, entry: directories + securityEntry}
	if i.entry+8 > int64(len(head)) || binary.LittleEndian.Uint32(head[directories-4:]) < 5 {
		return bad()
	}
	i.end = int64(binary.LittleEndian.Uint32(head[i.entry:]))
	length := int64(binary.LittleEndian.Uint32(head[i.entry+4:]))
	switch {
	case i.end == 0 || length == 0:
		return nil, refuse("the program is not signed")
	case i.end%8 != 0 || i.end < i.entry+8 || i.end+length != size || length < certificateHdr || length > maxSignature:
		return nil, refuse("the signature is not where the end of the program is")
	}
	table := make([]byte, length)
	if _, err := r.ReadAt(table, i.end); err != nil && err != io.EOF {
		return nil, fmt.Errorf("codesign: read: %w", err)
	}
	const revision2, signedData = 0x0200, 0x0002
	said := int64(binary.LittleEndian.Uint32(table))
	if said <= certificateHdr || said > length || binary.LittleEndian.Uint16(table[4:]) != revision2 || binary.LittleEndian.Uint16(table[6:]) != signedData {
		return nil, refuse("it is not one Authenticode signature")
	}
	var der cryptobyte.String
	rest := cryptobyte.String(table[certificateHdr:])
	if !rest.ReadASN1Element(&der, casn1.SEQUENCE) || len(rest) >= 8 || len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, refuse("there is something behind the signature")
	}
	i.signature = der
	return i, nil
}

// digest is the SHA-256 of everything but the checksum, the entry that points
// to the signature, and the signature.
func (i *image) digest() ([]byte, error) {
	h := sha256.New()
	for _, part := range [][2]int64{{0, i.checksum}, {i.checksum + 4, i.entry}, {i.entry + 8, i.end}} {
		if _, err := io.Copy(h, io.NewSectionReader(i.file, part[0], part[1]-part[0])); err != nil {
			return nil, fmt.Errorf("codesign: read: %w", err)
		}
	}
	return h.Sum(nil), nil
}

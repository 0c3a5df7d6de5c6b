package installer

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// Properties of the summary information (MS-OLEPS) that differ from run to run.
const (
	summaryCode    = 9 // "revision number": the package code
	summaryCreated = 12
	summarySaved   = 13

	vtLPSTR    = 30
	vtFiletime = 64
	codeLength = 38 // "{…}"
)

// summaryFormat begins the summary information: FMTID_SummaryInformation.
var summaryFormat = []byte{0xe0, 0x85, 0x9f, 0xf2, 0xf9, 0x4f, 0x68, 0x10, 0xab, 0x91, 0x08, 0x00, 0x2b, 0x27, 0xb3, 0xd9}

// filetime1980 is the time packages are made, the earliest that all of Windows
// takes: 1 January 1980 in FILETIME.
const filetime1980 = 119600064000000000

// settle takes out of an MSI what differs from run to run: the times of making,
// and the package code, which becomes one of its contents. The stream lies whole
// and in one piece, as wixl's library writes it, or it is an error.
func settle(msi []byte) error {
	at := bytes.Index(msi, summaryFormat)
	if at < 28 || at+20 > len(msi) || bytes.Contains(msi[at+1:], summaryFormat) {
		return errors.New("the summary information is not where it is looked for")
	}
	stream := at - 28 // the format stands behind the header
	section := stream + int(binary.LittleEndian.Uint32(msi[at+16:]))
	property := func(i int) (id, where int) {
		entry := section + 8 + 8*i
		return int(binary.LittleEndian.Uint32(msi[entry:])), section + int(binary.LittleEndian.Uint32(msi[entry+4:]))
	}
	bad := errors.New("the summary information is not as it is written")
	if section+8 > len(msi) {
		return bad
	}
	count := int(binary.LittleEndian.Uint32(msi[section+4:]))
	if count > 32 || section+8+8*count > len(msi) {
		return bad
	}
	var code []byte
	times := 0
	for i := range count {
		id, where := property(i)
		if where+64 > len(msi) {
			return bad
		}
		kind := binary.LittleEndian.Uint32(msi[where:])
		switch {
		case (id == summaryCreated || id == summarySaved) && kind == vtFiletime:
			binary.LittleEndian.PutUint64(msi[where+4:], filetime1980)
			times++
		case id == summaryCode && kind == vtLPSTR && binary.LittleEndian.Uint32(msi[where+4:]) == codeLength+1:
			code = msi[where+8 : where+8+codeLength]
		}
	}
	if code == nil || times != 2 {
		return bad
	}
	clear(code)
	sum := sha256.Sum256(msi)
	copy(code, guidOf(sum[:]))
	return nil
}

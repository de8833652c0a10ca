package seal

import (
	"encoding/binary"
	"time"
)

// The bytes of the archive around the files, as .ZIP File Format Specification (APPNOTE) 6.3
// has them: for each file a header (4.3.7), its bytes, and a descriptor (4.3.9) with what is
// known only afterwards, so that a package is written as a stream; then the directory
// (4.3.12) and its end (4.3.14 – 4.3.16). No extra field but the wide offset, no comment.
//
// A change here is a new Version: old packages are checked by these very bytes.

const (
	headerMark     = 0x04034b50
	descriptorMark = 0x08074b50
	recordMark     = 0x02014b50
	wideEndMark    = 0x06064b50
	locatorMark    = 0x07064b50
	endMark        = 0x06054b50

	headerSize     = 30
	descriptorSize = 16
	recordSize     = 46
	wideEndSize    = 56
	locatorSize    = 20
	endSize        = 22

	methodStored   = 0
	methodDeflated = 8

	flags       = 1<<3 | 1<<11 // a descriptor follows; the name is UTF-8
	needed      = 20           // version of the format to read it
	neededWide  = 45
	madeBy      = 3<<8 | 20 // Unix, so that unpacked files can be read
	permissions = 0o100644 << 16

	wide      = 1<<32 - 1 // an offset or size from here on stands in a wide field
	wideCount = 1<<16 - 1
)

// stamp is a time as archives have it: a wall clock in China, two seconds fine.
type stamp struct{ time, date uint16 }

var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func stampOf(at time.Time) stamp {
	at = at.In(shanghai)
	if at.Year() < 1980 {
		return stamp{0, 1<<5 | 1} // the first day that can be written
	}
	if at.Year() > 2107 {
		at = time.Date(2107, 12, 31, 23, 59, 58, 0, shanghai)
	}
	return stamp{uint16(at.Hour()<<11 | at.Minute()<<5 | at.Second()/2), uint16((at.Year()-1980)<<9 | int(at.Month())<<5 | at.Day())}
}

// member is one file of an archive as its headers have it.
type member struct {
	name         string
	method       uint16
	crc          uint32
	packed, size int64
	offset       int64 // of its header
}

// span is how many bytes of the archive a member takes.
func (m member) span() int64 {
	return headerSize + int64(len(m.name)) + m.packed + descriptorSize
}

func (m member) header(at stamp) []byte {
	b := make([]byte, 0, headerSize+len(m.name))
	b = le32(b, headerMark)
	b = le16(b, needed, flags, m.method, at.time, at.date)
	b = le32(b, 0, 0, 0) // in the descriptor
	b = le16(b, uint16(len(m.name)), 0)
	return append(b, m.name...)
}

func (m member) descriptor() []byte {
	return le32(make([]byte, 0, descriptorSize), descriptorMark, m.crc, uint32(m.packed), uint32(m.size))
}

// record is the member's line in the directory.
func (m member) record(at stamp) []byte {
	b := make([]byte, 0, recordSize+len(m.name)+12)
	version, extra, offset := uint16(needed), uint16(0), uint32(m.offset)
	if m.offset >= wide {
		version, extra, offset = neededWide, 12, wide
	}
	b = le32(b, recordMark)
	b = le16(b, madeBy, version, flags, m.method, at.time, at.date)
	b = le32(b, m.crc, uint32(m.packed), uint32(m.size))
	b = le16(b, uint16(len(m.name)), extra, 0, 0, 0)
	b = le32(b, permissions, offset)
	b = append(b, m.name...)
	if extra > 0 {
		b = le16(b, 1, 8)
		b = binary.LittleEndian.AppendUint64(b, uint64(m.offset))
	}
	return b
}

// ending is the end of an archive whose directory has count lines and size bytes at offset.
func ending(count int, size, offset int64) []byte {
	var b []byte
	if count >= wideCount || size >= wide || offset >= wide {
		b = le32(b, wideEndMark)
		b = binary.LittleEndian.AppendUint64(b, wideEndSize-12)
		b = le16(b, 3<<8|neededWide, neededWide)
		b = le32(b, 0, 0)
		for _, v := range []int64{int64(count), int64(count), size, offset} {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
		b = le32(b, locatorMark, 0)
		b = binary.LittleEndian.AppendUint64(b, uint64(offset+size))
		b = le32(b, 1)
	}
	b = le32(b, endMark)
	b = le16(b, 0, 0, uint16(min(count, wideCount)), uint16(min(count, wideCount)))
	b = le32(b, uint32(min(size, wide)), uint32(min(offset, wide)))
	return le16(b, 0)
}

func le16(b []byte, values ...uint16) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

func le32(b []byte, values ...uint32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

package picture

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"
)

// Metadata are what a phone writes beside the pixels. Nothing is written of what is zero.
type Metadata struct {
	Make, Model string
	Taken       time.Time // written as the wall clock of its zone, with the zone
	NoZone      bool      // an older phone: the wall clock alone
	Orientation int       // 1 to 8
	Located     bool
	Longitude   float64 // WGS-84, degrees
	Latitude    float64
}

// entry is one line of a directory of tags.
type entry struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

const (
	ascii     = 2
	short     = 3
	long      = 4
	fractions = 5
)

// WithMetadata puts metadata into a JPEG, as its first segment.
func WithMetadata(picture []byte, m Metadata) []byte {
	body := append([]byte("Exif\x00\x00"), tiff(m)...)
	var b bytes.Buffer
	b.Write(picture[:2])
	b.Write([]byte{0xFF, 0xE1})
	binary.Write(&b, binary.BigEndian, uint16(len(body)+2))
	b.Write(body)
	b.Write(picture[2:])
	return b.Bytes()
}

// tiff is the block of tags: the main directory, that of the exposure, that of the place.
func tiff(m Metadata) []byte {
	var main, exposure, place []entry
	text := func(tag uint16, s string) entry { return entry{tag, ascii, uint32(len(s) + 1), append([]byte(s), 0)} }
	if m.Make != "" {
		main = append(main, text(0x010F, m.Make))
	}
	if m.Model != "" {
		main = append(main, text(0x0110, m.Model))
	}
	if m.Orientation != 0 {
		main = append(main, entry{0x0112, short, 1, binary.BigEndian.AppendUint16(nil, uint16(m.Orientation))})
	}
	if !m.Taken.IsZero() {
		exposure = append(exposure, text(0x9003, m.Taken.Format("2006:01:02 15:04:05")))
		if !m.NoZone {
			exposure = append(exposure, text(0x9011, m.Taken.Format("-07:00")))
		}
	}
	if m.Located {
		place = append(place, text(1, side(m.Latitude, "N", "S")), entry{2, fractions, 3, degrees(m.Latitude)},
			text(3, side(m.Longitude, "E", "W")), entry{4, fractions, 3, degrees(m.Longitude)})
	}
	b := []byte("MM\x00*\x00\x00\x00\x08")
	pointers := 0
	for _, more := range [][]entry{exposure, place} {
		if more != nil {
			pointers++
		}
	}
	after := len(b) + size(main) + 12*pointers
	link := func(tag uint16, list []entry) {
		if list != nil {
			main = append(main, entry{tag, long, 1, binary.BigEndian.AppendUint32(nil, uint32(after))})
			after += size(list)
		}
	}
	link(0x8769, exposure)
	link(0x8825, place)
	b = directory(b, main)
	for _, list := range [][]entry{exposure, place} {
		if list != nil {
			b = directory(b, list)
		}
	}
	return b
}

func side(v float64, positive, negative string) string {
	if v < 0 {
		return negative
	}
	return positive
}

// degrees are degrees, minutes and seconds to a ten-thousandth.
func degrees(v float64) []byte {
	v = math.Abs(v)
	whole := math.Floor(v)
	minutes := math.Floor((v - whole) * 60)
	seconds := math.Round((v - whole - minutes/60) * 3600 * 10000)
	var b []byte
	for _, part := range [][2]uint32{{uint32(whole), 1}, {uint32(minutes), 1}, {uint32(seconds), 10000}} {
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, part[0]), part[1])
	}
	return b
}

// size is how many bytes a directory takes with its values.
func size(list []entry) int {
	n := 2 + 12*len(list) + 4
	for _, e := range list {
		if len(e.value) > 4 {
			n += len(e.value)
		}
	}
	return n
}

// directory writes one directory behind what is there; long values follow it.
func directory(b []byte, list []entry) []byte {
	values := len(b) + 2 + 12*len(list) + 4
	var tail []byte
	b = binary.BigEndian.AppendUint16(b, uint16(len(list)))
	for _, e := range list {
		b = binary.BigEndian.AppendUint16(b, e.tag)
		b = binary.BigEndian.AppendUint16(b, e.kind)
		b = binary.BigEndian.AppendUint32(b, e.count)
		if len(e.value) <= 4 {
			b = append(b, append(e.value, make([]byte, 4-len(e.value))...)...)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, uint32(values+len(tail)))
		tail = append(tail, e.value...)
	}
	return append(binary.BigEndian.AppendUint32(b, 0), tail...)
}

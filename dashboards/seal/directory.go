package seal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// The directory of an archive as it is, which may be anybody's: read leniently, so that what
// was changed can be named, and within bounds.

const (
	mostDirectory = 96 << 20 // bytes: what a manifest of the greatest length needs
	mostTries     = 256 << 20
	windowSize    = 1 << 20
)

// entry is a line of a directory.
type entry struct {
	member
	record []byte // the line itself
}

type directory struct {
	entries    []entry
	start, end int64 // of its lines
	before     int64 // bytes before the archive: offsets begin after them
	ends       int64 // where the archive ends
}

func (d directory) has(name string) bool {
	for _, e := range d.entries {
		if e.name == name {
			return true
		}
	}
	return false
}

// errBroken says that bytes aren't a directory.
var errBroken = errors.New("not a directory of an archive")

// findDirectory looks backwards for the end of an archive with a manifest: bytes may have
// been put behind it, and a file in it may be an archive of its own. Without one it gives
// what ends the file, if that is an archive at all.
func findDirectory(r io.ReaderAt, size int64) (found directory, err error) {
	mark := le32(nil, endMark)
	tries := int64(mostTries)
	var last *directory
	for to := size; to > 0; {
		from := max(0, to-windowSize)
		window := make([]byte, min(to+int64(len(mark))-1, size)-from)
		if err := readFull(r, window, from); err != nil {
			return found, err
		}
		for at := bytes.LastIndex(window, mark); at >= 0 && tries > 0; at = bytes.LastIndex(window[:min(at+3, len(window))], mark) {
			one, err := readDirectory(r, size, from+int64(at))
			if tries -= 1<<10 + one.end - one.start; err != nil {
				if errors.Is(err, errBroken) {
					continue
				}
				return found, err
			}
			if one.has(ManifestName) {
				return one, nil
			}
			if last == nil && one.ends == size && one.before == 0 {
				last = &one
			}
		}
		to = from
	}
	if last != nil {
		return *last, nil
	}
	return found, errBroken
}

// readDirectory reads the directory before an end at an offset.
func readDirectory(r io.ReaderAt, size, at int64) (d directory, err error) {
	b := make([]byte, endSize)
	if at+endSize > size {
		return d, errBroken
	}
	if err := readFull(r, b, at); err != nil {
		return d, err
	}
	length, offset := int64(binary.LittleEndian.Uint32(b[12:])), int64(binary.LittleEndian.Uint32(b[16:]))
	d.end, d.ends = at, at+endSize+int64(binary.LittleEndian.Uint16(b[20:]))
	if wideAt := at - locatorSize - wideEndSize; wideAt >= 0 {
		w := make([]byte, wideEndSize+locatorSize)
		if err := readFull(r, w, wideAt); err != nil {
			return d, err
		}
		if binary.LittleEndian.Uint32(w) == wideEndMark && binary.LittleEndian.Uint32(w[wideEndSize:]) == locatorMark {
			length, offset = int64(binary.LittleEndian.Uint64(w[40:])), int64(binary.LittleEndian.Uint64(w[48:]))
			d.end = wideAt
		}
	}
	d.start = d.end - length
	d.before = d.start - offset
	if d.ends > size || length < 0 || length > mostDirectory || d.start < 0 || offset < 0 || d.before < 0 {
		return directory{}, errBroken
	}
	lines := make([]byte, length)
	if err := readFull(r, lines, d.start); err != nil {
		return d, err
	}
	d.entries, err = parseEntries(lines)
	return d, err
}

// parseEntries reads the lines of a directory.
func parseEntries(lines []byte) ([]entry, error) {
	var all []entry
	for len(lines) > 0 {
		if len(lines) < recordSize || binary.LittleEndian.Uint32(lines) != recordMark || len(all) > mostFiles+1000 {
			return nil, errBroken
		}
		short := func(at int) int { return int(binary.LittleEndian.Uint16(lines[at:])) }
		long := func(at int) int64 { return int64(binary.LittleEndian.Uint32(lines[at:])) }
		name, extra, comment := short(28), short(30), short(32)
		length := recordSize + name + extra + comment
		if length > len(lines) {
			return nil, errBroken
		}
		e := entry{record: lines[:length:length]}
		e.name = string(lines[recordSize : recordSize+name])
		e.method, e.crc = uint16(short(10)), uint32(long(16))
		e.packed, e.size, e.offset = long(20), long(24), long(42)
		if !e.widen(lines[recordSize+name : recordSize+name+extra]) {
			return nil, errBroken
		}
		all = append(all, e)
		lines = lines[length:]
	}
	return all, nil
}

// widen takes sizes and offset from the wide field where the line has no room for them.
func (e *entry) widen(extra []byte) bool {
	for len(extra) >= 4 {
		kind, length := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; length > len(extra) {
			break
		}
		if field := extra[:length]; kind == 1 {
			for _, v := range []*int64{&e.size, &e.packed, &e.offset} {
				if *v == wide && len(field) >= 8 {
					*v, field = int64(binary.LittleEndian.Uint64(field)), field[8:]
				}
			}
		}
		extra = extra[length:]
	}
	return e.size >= 0 && e.packed >= 0 && e.offset >= 0
}

// readFull reads exactly b at an offset within the file.
func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

package seal

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// walk goes through the archive from its first byte to its last: before each file nothing
// that belongs to none, then its header, content and descriptor, then the directory and the
// end, each as the writer would have written it.
func (x *examination) walk() error {
	cursor, previous := int64(0), ""
	at := stampOf(x.manifest.CutOff)
	buffer := make([]byte, windowSize/4)
	for _, e := range x.directory.entries {
		start := e.offset + x.directory.before
		if start > cursor {
			x.hidden(cursor, start, previous, quoted(e.name))
		}
		l, err := x.local(e)
		if err != nil {
			return err
		}
		switch {
		case !l.readable:
			x.report.fault(FaultChanged, e.name, "%s读不出来：它的位置或文件头已被改动或损坏", quoted(e.name))
			cursor, previous = max(cursor, start+e.span()), quoted(e.name)
			continue
		case l.name != e.name:
			x.report.fault(FaultRenamed, e.name, "%s在压缩包的目录里是这个名字，在内容前面却叫%s", quoted(e.name), quoted(l.name))
		}
		if start < cursor {
			x.report.fault(FaultHidden, e.name, "%s与它前面的文件占用同一段内容", quoted(e.name))
			continue
		}
		if err := x.compare(e, l, at, buffer); err != nil {
			return err
		}
		cursor, previous = l.end, quoted(e.name)
	}
	if cursor < x.directory.start {
		x.hidden(cursor, x.directory.start, previous, "目录")
	}
	return x.checkEnd()
}

// hidden tells of bytes between two things, by their names as they are shown.
func (x *examination) hidden(from, to int64, before, after string) {
	if before == "" {
		x.report.fault(FaultHidden, "", "第一个文件之前藏着%s不属于任何文件的内容", sizeText(to-from))
		return
	}
	x.report.fault(FaultHidden, "", "%s与%s之间藏着%s不属于任何文件的内容", before, after, sizeText(to-from))
}

// local is what stands before and behind the content of a file.
type local struct {
	readable bool
	name     string
	header   []byte
	data     int64 // offset of the content
	end      int64 // offset behind the descriptor
}

// local reads the header of a file.
func (x *examination) local(e entry) (l local, err error) {
	start := e.offset + x.directory.before
	if start < 0 || start+headerSize > x.directory.start || e.packed > x.directory.start {
		return l, nil
	}
	fixed := make([]byte, headerSize)
	if err := readFull(x.r, fixed, start); err != nil {
		return l, err
	}
	name, extra := int64(binary.LittleEndian.Uint16(fixed[26:])), int64(binary.LittleEndian.Uint16(fixed[28:]))
	l.data = start + headerSize + name + extra
	if binary.LittleEndian.Uint32(fixed) != headerMark || l.data+e.packed > x.directory.start {
		return l, nil
	}
	l.header = make([]byte, l.data-start)
	if err := readFull(x.r, l.header, start); err != nil {
		return l, err
	}
	l.name, l.end = string(l.header[headerSize:headerSize+name]), l.data+e.packed
	if binary.LittleEndian.Uint16(fixed[6:])&(1<<3) != 0 {
		l.end = x.behind(l.end, e.size >= wide || e.packed >= wide)
	}
	l.readable = l.end <= x.directory.start
	return l, nil
}

// behind gives where a descriptor at an offset ends: with its mark or without, wide or not.
func (x *examination) behind(at int64, isWide bool) int64 {
	mark := make([]byte, 4)
	length := int64(descriptorSize - 4)
	if isWide {
		length += 8
	}
	if err := readFull(x.r, mark, at); err == nil && binary.LittleEndian.Uint32(mark) == descriptorMark {
		length += 4
	}
	return at + length
}

// compare holds a file against the manifest, and what is around it against what the writer
// would have written.
func (x *examination) compare(e entry, l local, at stamp, buffer []byte) error {
	want, known := x.listed[e.name]
	switch e.name {
	case ManifestName:
		want, known = x.own(ManifestName, x.text), true
	case SignatureName:
		want, known = x.own(SignatureName, x.signature), true
	}
	if !known {
		return nil // added, and told of
	}
	got, err := x.measure(e, l, want, buffer)
	switch {
	case err != nil:
		return err
	case got.why != "":
		x.report.fault(FaultChanged, e.name, "%s的内容被改动：%s", quoted(e.name), got.why)
		return nil
	}
	m := member{name: want.Name, method: methodDeflated, crc: got.crc, packed: want.Packed, size: want.Size, offset: e.offset}
	if want.stored() {
		m.method = methodStored
	}
	descriptor := make([]byte, min(descriptorSize, x.directory.start-l.data-e.packed))
	if err := readFull(x.r, descriptor, l.data+e.packed); err != nil {
		return err
	}
	if l.name != e.name {
		return nil // told of
	}
	if got.repacked || !bytes.Equal(l.header, m.header(at)) || !bytes.Equal(descriptor, m.descriptor()) || !bytes.Equal(e.record, m.record(at)) {
		x.rewrapped = append(x.rewrapped, e.name)
	}
	return nil
}

// own is the line that a file of the seal itself would have in a manifest.
func (x *examination) own(name string, text []byte) File {
	hash := sha256.New()
	hash.Write(text)
	return File{Name: name, Packed: int64(len(text)), SHA256: sum(hash), Size: int64(len(text))}
}

// measured is what the content of a file came to.
type measured struct {
	why      string // it isn't that of the manifest, empty where it is
	crc      uint32
	repacked bool
}

// measure reads the content of a file, no further than the manifest says.
func (x *examination) measure(e entry, l local, want File, buffer []byte) (measured, error) {
	plain, packed, crc := sha256.New(), sha256.New(), crc32.NewIEEE()
	in := &failing{r: io.NewSectionReader(x.r, l.data, e.packed)}
	var r io.Reader = in
	switch e.method {
	case methodStored:
	case methodDeflated:
		r = x.inflating(io.TeeReader(in, packed))
	default:
		return measured{why: "换了一种压缩方法"}, nil
	}
	n, err := io.CopyBuffer(io.MultiWriter(plain, crc), io.LimitReader(r, want.Size+1), buffer)
	if in.err != nil {
		return measured{}, in.err
	}
	switch {
	case err != nil:
		return measured{why: "解不开，已损坏"}, nil
	case n > want.Size:
		return measured{why: "比封存时的" + sizeText(want.Size) + "长"}, nil
	case n < want.Size:
		return measured{why: "封存时" + sizeText(want.Size) + "，现在" + sizeText(n)}, nil
	case sum(plain) != want.SHA256:
		return measured{why: "长度没有变，SHA-256 由 " + Shown(want.SHA256) + " 变成 " + sum(plain)}, nil
	}
	got := measured{crc: crc.Sum32(), repacked: e.packed != want.Packed || (e.method == methodStored) != want.stored()}
	if e.method == methodDeflated && !got.repacked {
		if _, err := io.CopyBuffer(packed, in, buffer); err != nil { // what the unpacker left
			return measured{}, err
		}
		got.repacked = sum(packed) != want.PackedSHA256
	}
	return got, nil
}

// inflating unpacks what r gives, with the one unpacker of a check: a new one for each file
// took most of the time of small ones.
func (x *examination) inflating(r io.Reader) io.Reader {
	if x.unpacker == nil {
		x.unpacker = flate.NewReader(r)
	} else if err := x.unpacker.(flate.Resetter).Reset(r, nil); err != nil {
		x.unpacker = flate.NewReader(r)
	}
	return x.unpacker
}

// checkEnd holds the directory's end against the one that the writer would have written.
// The lines themselves were compared with their files.
func (x *examination) checkEnd() error {
	d := x.directory
	got := make([]byte, d.ends-d.end)
	if err := readFull(x.r, got, d.end); err != nil {
		return err
	}
	if !bytes.Equal(got, ending(len(d.entries), d.end-d.start, d.start-d.before)) {
		x.report.fault(FaultDirectory, "", "压缩包结尾的目录信息不是封存时的写法，被改动过或另加了注释")
	}
	if d.ends < x.size {
		x.report.fault(FaultHidden, "", "压缩包的结尾之后还跟着%s不属于它的内容", sizeText(x.size-d.ends))
	}
	return nil
}

// mostRewrapped is how many files with another wrapping are named one by one: an archive that
// was packed anew has it in all of them.
const mostRewrapped = 5

func (x *examination) tellWrapping() {
	if n := len(x.rewrapped); n > mostRewrapped {
		x.report.fault(FaultWrapping, "", "%d个文件的内容没有变，但压缩包里的文件头、压缩方式或时间不是封存时的，像是解开后重新打过包", n)
		return
	}
	for _, name := range x.rewrapped {
		x.report.fault(FaultWrapping, name, "%s的内容没有变，但它在压缩包里的文件头、压缩方式或时间被改动过", quoted(name))
	}
}

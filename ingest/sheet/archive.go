package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
)

// How much an archive may unpack to. A workbook of 515 KB whose styles unpack to
// 512 MB exists to fill our memory; a ledger of 100,000 placements is some 6 MB
// and honestly unpacks to 80. Size alone can't tell them apart, the
// ratio can: a worksheet's XML shrinks eight to twenty times, padding a thousand.
// So any file may unpack to Limits.UnzippedBytes, a large one to honestRatio
// times its size, and none to more than unzippedCeiling. Worksheets stream
// through 64 KB; what is held in memory (styles, relations, the list of sheets)
// has heldPart as its own limit, and shared texts are counted.
const (
	honestRatio     = 25
	unzippedCeiling = 1 << 30
	heldPart        = 16 << 20
	directoryBytes  = 4 << 20 // 16 bytes for 262,144 parts; an honest book has tens, with photos hundreds
	mostParts       = 20_000
)

func unzippedAllowance(size int64, limits Limits) int64 {
	return max(limits.UnzippedBytes, min(size*honestRatio, unzippedCeiling))
}

// archive is the zip a workbook is packed in.
type archive struct {
	parts map[string]*zip.File // by lower case name: some writers don't keep to the case they declare
}

func openArchive(r io.ReaderAt, size int64, limits Limits) (*archive, error) {
	if err := checkDirectory(r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, &FileError{Fault: Broken, Err: err}
	}
	if len(z.File) > mostParts {
		return nil, &FileError{Fault: TooManyParts, Size: int64(len(z.File)), Limit: mostParts}
	}
	// About a third faster than the one of the standard library.
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	allowed := uint64(unzippedAllowance(size, limits))
	var total uint64
	a := &archive{parts: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		if f.UncompressedSize64 > allowed || total+f.UncompressedSize64 > allowed {
			return nil, &FileError{Fault: Bomb, Part: f.Name, Size: size, Limit: int64(allowed)}
		}
		total += f.UncompressedSize64
		a.parts[partName(f.Name)] = f
	}
	return a, nil
}

// partName makes one spelling of a part's name.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// checkDirectory looks at the end of the archive before archive/zip does, which
// keeps a record per part: a directory of two million empty parts fits in 100 MB
// and would take a gigabyte.
func checkDirectory(r io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 22+65_535))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return err
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || at+22 > len(tail) {
		return &FileError{Fault: Broken, Err: errors.New("no end of directory: the file is cut off")}
	}
	count := binary.LittleEndian.Uint16(tail[at+10:])
	length := int64(binary.LittleEndian.Uint32(tail[at+12:]))
	offset := int64(binary.LittleEndian.Uint32(tail[at+16:]))
	// All ones mean that the real numbers are in a second directory of 64 bits,
	// which files of our size have no use for.
	if count == 0xffff || offset == 0xffffffff || length > directoryBytes || size-offset > directoryBytes+int64(len(tail)) {
		return &FileError{Fault: TooManyParts, Size: max(length, size-offset), Limit: directoryBytes}
	}
	return nil
}

func (a *archive) has(name string) bool { return a.parts[partName(name)] != nil }

// open starts unpacking a part. The bytes are counted as they come: a part that
// gives more than the directory said would get around the check of the directory.
func (a *archive) open(ctx context.Context, name string) (*partReader, error) {
	f := a.parts[partName(name)]
	if f == nil {
		return nil, &FileError{Fault: Broken, Part: name, Err: errors.New("the part is missing")}
	}
	if f.Flags&1 != 0 {
		return nil, &FileError{Fault: Encrypted, Part: name}
	}
	rc, err := f.Open()
	if err != nil {
		return nil, &FileError{Fault: Broken, Part: name, Err: err}
	}
	return &partReader{ctx: ctx, rc: rc, name: name, left: int64(f.UncompressedSize64), size: int64(f.UncompressedSize64)}, nil
}

// openHeld opens a part whose content will be kept in memory.
func (a *archive) openHeld(ctx context.Context, name string) (*partReader, error) {
	p, err := a.open(ctx, name)
	if err == nil && p.size > heldPart {
		p.Close()
		return nil, &FileError{Fault: Bomb, Part: name, Size: p.size, Limit: heldPart}
	}
	return p, err
}

// partReader unpacks one part, counts, and stops when nobody waits any more.
type partReader struct {
	ctx  context.Context
	rc   io.ReadCloser
	name string
	left int64
	size int64
}

func (p *partReader) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.rc.Read(b)
	p.left -= int64(n)
	if p.left < 0 {
		return 0, &FileError{Fault: Bomb, Part: p.name, Size: p.size, Limit: p.size,
			Err: errors.New("unpacks to more than its directory says")}
	}
	if err != nil && err != io.EOF {
		return n, &FileError{Fault: Broken, Part: p.name, Err: err}
	}
	return n, err
}

func (p *partReader) Close() error { return p.rc.Close() }

// fault makes what a scan of this part ended with a *FileError.
func (p *partReader) fault(err error) error {
	if _, ok := errors.AsType[*FileError](err); ok || p.ctx.Err() != nil {
		return err
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &FileError{Fault: Broken, Part: p.name, Err: fmt.Errorf("xml: %w", err)}
}

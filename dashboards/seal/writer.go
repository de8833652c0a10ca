package seal

import (
	"bufio"
	"compress/flate"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// Writer writes a package as a stream: of each file it keeps a line of the manifest, and of
// its content nothing. Files are written one after the other, in the order of their creation;
// the writer of one ends when the next is created. It is for one goroutine.
type Writer struct {
	out     *bufio.Writer
	says    Statement
	private ed25519.PrivateKey
	at      stamp
	names   names
	offset  int64
	members []member
	files   []File
	open    *fileWriter
	pump    *flate.Writer // used again: one takes half a megabyte
	err     error         // the first failure; nothing is written after it
}

// blockSize is how much goes into the packer at once, so that its bytes don't depend on how
// the caller happens to write.
const blockSize = 64 << 10

// NewWriter begins a package on w, sealed by the key when it is closed. What is wrong with
// the statement or the key is told by the first Create.
func NewWriter(w io.Writer, says Statement, private ed25519.PrivateKey) *Writer {
	z := &Writer{out: bufio.NewWriterSize(w, blockSize), says: says, private: private, at: stampOf(says.CutOff), names: newNames()}
	switch {
	case says.CutOff.IsZero():
		z.err = errors.New("seal: the statement has no cut-off")
	case len(private) != ed25519.PrivateKeySize:
		z.err = errors.New("seal: there is no key to sign with")
	default:
		if err := says.bounded(); err != nil {
			z.err = fmt.Errorf("seal: %w", err)
		}
	}
	return z
}

// Name gives a name that Create takes, made of folders and a file whose names may hold
// anything: each part as Clean makes it, and with ~2 and so on where there is one already.
// It isn't taken until a file is created under it.
func (z *Writer) Name(parts ...string) string { return z.names.unused(parts...) }

// Create begins a file that is packed, under a path with slashes. It refuses a path that
// can't be unpacked on every system, one that is there already, and those of the manifest.
func (z *Writer) Create(name string) (io.Writer, error) { return z.create(name, methodDeflated) }

// Stored is Create for a file that stays as it is: a photo would only cost time to pack.
func (z *Writer) Stored(name string) (io.Writer, error) { return z.create(name, methodStored) }

func (z *Writer) create(name string, method uint16) (io.Writer, error) {
	z.end()
	if z.err != nil {
		return nil, z.err
	}
	err := check(name)
	if err == nil {
		err = z.names.free(name)
	}
	if err == nil && len(z.files) >= mostFiles {
		err = fmt.Errorf("a package holds at most %d files", mostFiles)
	}
	if err != nil {
		return nil, fmt.Errorf("seal: file %q: %w", name, err)
	}
	z.names.add(name)
	return z.begin(name, method), nil
}

// begin writes the header of a file and gives its writer.
func (z *Writer) begin(name string, method uint16) *fileWriter {
	f := &fileWriter{to: z, member: member{name: name, method: method, offset: z.offset}, plainSum: sha256.New(), crcSum: crc32.NewIEEE()}
	z.put(f.member.header(z.at))
	z.open = f
	if method == methodDeflated {
		f.packedSum = sha256.New()
		if z.pump == nil {
			z.pump, _ = flate.NewWriter(nil, flate.DefaultCompression) // its only error is an unknown level
		}
		z.pump.Reset((*packedWriter)(f))
		f.blocks = bufio.NewWriterSize(z.pump, blockSize)
	}
	return f
}

// put writes bytes of the archive, and keeps the first failure.
func (z *Writer) put(b []byte) {
	if z.err != nil {
		return
	}
	n, err := z.out.Write(b)
	z.offset += int64(n)
	if err != nil {
		z.err = fmt.Errorf("seal: %w", err)
	}
}

// end ends the file that is open.
func (z *Writer) end() {
	f := z.open
	if f == nil {
		return
	}
	if f.blocks != nil && z.err == nil {
		if err := errors.Join(f.blocks.Flush(), z.pump.Close()); err != nil && z.err == nil {
			z.err = fmt.Errorf("seal: file %q: %w", f.name, err)
		}
	}
	z.open = nil
	if f.packed > mostFile && z.err == nil {
		z.err = tooLarge(f.name)
	}
	f.crc = f.crcSum.Sum32()
	z.put(f.descriptor())
	z.members = append(z.members, f.member)
	one := File{Name: f.name, Packed: f.packed, SHA256: sum(f.plainSum), Size: f.size}
	if f.packedSum != nil {
		one.PackedSHA256 = sum(f.packedSum)
	}
	z.files = append(z.files, one)
}

func tooLarge(name string) error {
	return fmt.Errorf("seal: file %q has more than %d bytes", name, mostFile)
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// Close writes the manifest, its signature and the directory. Without it, or when it fails,
// there is no package: what was written is a beginning that Verify calls incomplete.
func (z *Writer) Close() (Manifest, error) {
	z.end()
	if z.err != nil {
		return Manifest{}, z.err
	}
	m := z.says.manifest(z.private.Public().(ed25519.PublicKey), z.files)
	text, err := m.Bytes()
	if err != nil {
		return Manifest{}, fmt.Errorf("seal: %w", err)
	}
	if len(text) > mostManifest {
		return Manifest{}, fmt.Errorf("seal: the manifest has %d bytes, at most %d", len(text), mostManifest)
	}
	z.begin(ManifestName, methodStored).Write(text)
	z.end()
	z.begin(SignatureName, methodStored).Write(ed25519.Sign(z.private, text))
	z.end()
	z.directory()
	if err := z.out.Flush(); err != nil && z.err == nil {
		z.err = fmt.Errorf("seal: %w", err)
	}
	if z.err != nil {
		return Manifest{}, z.err
	}
	z.err = errors.New("seal: the package is closed")
	return m, nil
}

func (z *Writer) directory() {
	start := z.offset
	for _, one := range z.members {
		z.put(one.record(z.at))
	}
	z.put(ending(len(z.members), z.offset-start, start))
}

// fileWriter takes the content of one file.
type fileWriter struct {
	member
	to        *Writer
	plainSum  hash.Hash // SHA-256 of the content
	packedSum hash.Hash // of the packed bytes, nil where the file is stored
	crcSum    hash.Hash32
	blocks    *bufio.Writer
}

// Write takes a piece of the file.
func (f *fileWriter) Write(b []byte) (int, error) {
	z := f.to
	switch {
	case z.err != nil:
		return 0, z.err
	case z.open != f:
		return 0, fmt.Errorf("seal: file %q has ended", f.name)
	case f.size+int64(len(b)) > mostFile:
		z.err = tooLarge(f.name)
		return 0, z.err
	}
	f.size += int64(len(b))
	f.plainSum.Write(b)
	f.crcSum.Write(b)
	if f.blocks != nil {
		if _, err := f.blocks.Write(b); err != nil && z.err == nil {
			z.err = fmt.Errorf("seal: file %q: %w", f.name, err)
		}
	} else {
		z.put(b)
		f.packed += int64(len(b))
	}
	if z.err != nil {
		return 0, z.err
	}
	return len(b), nil
}

// packedWriter takes what the packer makes of a file.
type packedWriter fileWriter

func (f *packedWriter) Write(b []byte) (int, error) {
	f.packed += int64(len(b))
	f.packedSum.Write(b)
	if f.to.put(b); f.to.err != nil {
		return 0, f.to.err
	}
	return len(b), nil
}

package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestNamesLeadNowhereElse: a file that somebody made up can't write outside of the folder.
func TestNamesLeadNowhereElse(t *testing.T) {
	data := t.TempDir()
	for _, name := range []string{"files/a/../clickhouse/store/x", "files/backup-asks/x.ask", "files/.", "files/a/", "files/../outside", "files//etc/outside", "files/a/../../outside", "files/clickhouse/store/x", "outside", "tables/units/../../outside", "files/", "rows/units/../000001.native.zst"} {
		r := &restore{at: "x.tar", to: Target{Data: data}}
		err := r.member(t.Context(), Member{Name: name, SHA256: sum(nil)}, 0, strings.NewReader(""), data)
		if words := told(t, err); !strings.Contains(words, name) {
			t.Errorf("%s: %s", name, words)
		}
	}
	if entries, _ := os.ReadDir(data); len(entries) != 0 {
		t.Errorf("written: %v", entries)
	}
	// A file of the operator's whose name begins as that of the tables comes back.
	r := &restore{at: "x.tar", to: Target{Data: data}}
	if err := r.member(t.Context(), Member{Name: "files/clickhouse-notes.txt", SHA256: sum(nil)}, 0, strings.NewReader(""), data); err != nil {
		t.Error(err)
	}
}

// TestNothingUnfolds: what says it is larger than the file that it is in, or than the manifest
// says, is refused before it is written or taken into memory.
func TestNothingUnfolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sparse.tar")
	if err := os.WriteFile(path, sparse(t, 1<<40), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := 0
	_, err = f.walk(t.Context(), func(string, int64, io.Reader) error { seen++; return nil })
	var broken *brokenError
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), "larger than the file") || seen != 0 {
		t.Errorf("%d members, %v", seen, err)
	}
	data := t.TempDir()
	r := &restore{at: "x.tar", m: Manifest{Tables: []Table{{Name: "units"}}}}
	if r.unpacker, err = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(1<<20)); err != nil {
		t.Fatal(err)
	}
	defer r.unpacker.Close()
	var packed bytes.Buffer
	packer, err := zstd.NewWriter(&packed) // as a stream: it doesn't say how much comes out
	if err == nil {
		_, err = packer.Write(make([]byte, 64<<20))
	}
	if err := errors.Join(err, packer.Close()); err != nil {
		t.Fatal(err)
	}
	block := Member{Name: "rows/units/000001.native.zst", Size: int64(packed.Len()), SHA256: sum(packed.Bytes())}
	if words := told(t, r.member(t.Context(), block, block.Size, &packed, data)); !strings.Contains(words, "解不开") {
		t.Errorf("a block that unfolds: %s", words)
	}
	large := Member{Name: "files/large", Size: 3, SHA256: sum([]byte("abc"))}
	if words := told(t, r.member(t.Context(), large, 1<<40, strings.NewReader("abc"), data)); !strings.Contains(words, "被改动过") {
		t.Errorf("larger than it says: %s", words)
	}
	if entries, _ := os.ReadDir(data); len(entries) != 0 {
		t.Errorf("written: %v", entries)
	}
}

// sparse is a backup with one member of so many zeros, of which the file holds none.
func sparse(t *testing.T, size int64) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	put := func(h *tar.Header, body string) {
		h.Size = int64(len(body))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
	}
	put(&tar.Header{Name: headName, Typeflag: tar.TypeReg}, `{"format":1}`)
	// PAX 0.1 of GNU tar, which the library reads and doesn't write: the header is a member of its own.
	record := func(key, value string) string {
		n := len(key) + len(value) + 3
		for len(fmt.Sprint(n))+len(key)+len(value)+3 != n {
			n++
		}
		return fmt.Sprintf("%d %s=%s\n", n, key, value)
	}
	pax := record("GNU.sparse.major", "0") + record("GNU.sparse.minor", "1") + record("GNU.sparse.size", fmt.Sprint(size)) +
		record("GNU.sparse.numblocks", "1") + record("GNU.sparse.map", fmt.Sprintf("%d,0", size))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	out.Write(rawHeader("pax", 'x', len(pax)))
	out.WriteString(pax + strings.Repeat("\x00", 512-len(pax)%512))
	out.Write(rawHeader("files/large", '0', 0))
	put(&tar.Header{Name: manifestName, Typeflag: tar.TypeReg}, `{}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out.Write(ending{manifest: sum(nil), frame: sum(nil)}.block())
	return out.Bytes()
}

func rawHeader(name string, kind byte, size int) []byte {
	b := make([]byte, 512)
	copy(b, name)
	copy(b[100:], "0000600\x000000000\x000000000\x00"+fmt.Sprintf("%011o\x00%011o\x00", size, 0))
	copy(b[148:], "        ")
	b[156] = kind
	copy(b[257:], "ustar\x0000")
	total := 0
	for _, c := range b {
		total += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", total))
	return b
}

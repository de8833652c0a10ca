package seal_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"shuixuan/dashboards/seal"
)

// unpacked are the files of a package, as somebody gets them who unpacks it.
func unpacked(t *testing.T, pack []byte) []content {
	t.Helper()
	var all []content
	for _, f := range readZip(t, pack).File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content{f.Name, text, f.Method == zip.Store})
	}
	return all
}

// zipped packs files with an ordinary program.
func zipped(t *testing.T, all []content) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, one := range all {
		w, err := z.CreateHeader(&zip.FileHeader{Name: one.name, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(one.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func the(all []content, name string) *content {
	for i := range all {
		if all[i].name == name {
			return &all[i]
		}
	}
	return nil
}

// forged changes the manifest as one would who knows what it is for, and signs it, or not.
func forged(t *testing.T, all []content, key ed25519.PrivateKey, change func(map[string]any)) {
	t.Helper()
	m := the(all, seal.ManifestName)
	var fields map[string]any
	if err := json.Unmarshal(m.text, &fields); err != nil {
		t.Fatal(err)
	}
	change(fields)
	var err error
	if m.text, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	if key != nil {
		the(all, seal.SignatureName).text = ed25519.Sign(key, m.text)
	}
}

func named(key ed25519.PrivateKey) map[string]any {
	return map[string]any{"fingerprint": seal.Fingerprint(public(key)), "public": []byte(public(key))}
}

// TestTampering: what an ordinary program can do to a package is told by its name. The files
// are packed anew, so that the wrapping differs too, as the last fault says.
func TestTampering(t *testing.T) {
	check := func(what string, change func([]content) []content, verdict seal.Verdict, wants ...string) {
		t.Helper()
		got := verify(t, zipped(t, change(unpacked(t, sealed(t)))), public(office))
		var said []string
		for _, f := range got.Faults {
			said = append(said, string(f.Kind)+" "+f.File)
		}
		if got.Verdict != verdict || got.Sound || !slices.Equal(said, wants) {
			t.Errorf("%s: %s, %q, want %s, %q\n%+v", what, got.Verdict, said, verdict, wants, got)
		}
	}
	with := func(change func([]content)) func([]content) []content {
		return func(all []content) []content { change(all); return all }
	}
	without := func(name string) func([]content) []content {
		return func(all []content) []content {
			return slices.DeleteFunc(all, func(one content) bool { return one.name == name })
		}
	}
	const packed = "wrapping "

	check("packed anew", with(func([]content) {}), seal.Changed, packed)
	check("another order", with(slices.Reverse[[]content]), seal.Changed, packed, packed)
	check("a longer file", with(func(all []content) { all[0].text = append(all[0].text, '!') }), seal.Changed, "changed 报告.txt", "wrapping 数据/空.csv", "wrapping 照片/0001.jpg", "wrapping 数据/答卷.csv", "wrapping manifest.json", "wrapping manifest.sig")
	check("a file more", func(all []content) []content { return append(all, content{name: "照片/0002.jpg", text: []byte("x")}) }, seal.Changed, "added 照片/0002.jpg", packed)
	check("a folder more", func(all []content) []content { return append(all, content{name: "照片/"}) }, seal.Changed, "added 照片/", packed)
	check("a file less", without("照片/0001.jpg"), seal.Changed, "removed 照片/0001.jpg", "wrapping 报告.txt", "wrapping 数据/空.csv", "wrapping 数据/答卷.csv", "wrapping manifest.json", "wrapping manifest.sig")
	check("a file twice", func(all []content) []content { return append(all, all[0]) }, seal.Changed, "repeated 报告.txt", packed)
	check("another name", with(func(all []content) { all[0].name = "报吿.txt" }), seal.Changed, "added 报吿.txt", "removed 报告.txt", "wrapping 数据/空.csv", "wrapping 照片/0001.jpg", "wrapping 数据/答卷.csv", "wrapping manifest.json", "wrapping manifest.sig")
	check("no manifest", without(seal.ManifestName), seal.Foreign)
	check("no signature", without(seal.SignatureName), seal.Changed, "manifest manifest.sig", "wrapping 报告.txt", "wrapping 数据/空.csv", "wrapping 照片/0001.jpg", "wrapping 数据/答卷.csv", "wrapping manifest.json")
	check("an empty manifest", with(func(all []content) { the(all, seal.ManifestName).text = nil }), seal.Changed, "manifest manifest.json")
	check("another archive", func([]content) []content { return []content{{name: "a.txt"}} }, seal.Foreign)
	check("another manifest", with(func(all []content) { the(all, seal.ManifestName).text = []byte(`{"name":"app"}`) }), seal.Foreign)

	later := func(fields map[string]any) { fields["cut_off"] = "2014-11-01T00:00:00Z" }
	check("a later cut-off", with(func(all []content) { forged(t, all, nil, later) }), seal.Changed, "manifest manifest.json", packed)
	check("the office's name, another's signature", with(func(all []content) { forged(t, all, somebody, later) }), seal.Changed, "manifest manifest.json", packed)
	check("a fingerprint that isn't the key's", with(func(all []content) {
		forged(t, all, somebody, func(fields map[string]any) {
			k := named(somebody)
			k["fingerprint"] = named(office)["fingerprint"]
			fields["key"] = k
		})
	}), seal.Changed, "manifest manifest.json", packed)
	check("signed by another key", with(func(all []content) {
		forged(t, all, somebody, func(fields map[string]any) { later(fields); fields["key"] = named(somebody) })
	}), seal.Changed, "key ", packed)
	check("a later format", with(func(all []content) { forged(t, all, office, func(fields map[string]any) { fields["version"] = 2 }) }), seal.Newer)
	check("a manifest with one file twice", with(func(all []content) {
		forged(t, all, office, func(fields map[string]any) { f := fields["files"].([]any); fields["files"] = append(f, f[0]) })
	}), seal.Changed, "manifest manifest.json")
	check("a manifest of paths that lead out", with(func(all []content) {
		forged(t, all, office, func(fields map[string]any) { fields["files"].([]any)[0].(map[string]any)["name"] = "../x" })
	}), seal.Changed, "manifest manifest.json")
}

// TestSignedByAnotherKey: a package of one piece that somebody changed and sealed with a key
// of their own is told as just that, and only who knows no key can be taken in.
func TestSignedByAnotherKey(t *testing.T) {
	var b bytes.Buffer
	all := contents()
	all[0].text = []byte("已覆盖 12。")
	if _, err := write(t, &b, somebody, statement(), all, atOnce); err != nil {
		t.Fatal(err)
	}
	got := verify(t, b.Bytes(), public(office))
	if got.Verdict != seal.OtherKey || got.Sound || got.Trust != seal.Untrusted || got.Count() != 1 || got.Faults[0].Kind != seal.FaultKey || !strings.Contains(got.Says, "另一把密钥") {
		t.Errorf("%+v", got)
	}
	if got := verify(t, b.Bytes()); !got.Sound || got.Key != seal.Fingerprint(public(somebody)) {
		t.Errorf("without a key: %+v", got)
	}
}

// inserted puts bytes into a package and mends the offsets behind them, as somebody would
// who hides something that no program shows.
func inserted(pack []byte, at int, more string) []byte {
	out := slices.Concat(pack[:at], []byte(more), pack[at:])
	end := len(out) - 22
	start := int(binary.LittleEndian.Uint32(out[end+16:]))
	if start >= at {
		start += len(more)
		binary.LittleEndian.PutUint32(out[end+16:], uint32(start))
	}
	for line := start; line < end; {
		name := int(binary.LittleEndian.Uint16(out[line+28:]))
		if offset := binary.LittleEndian.Uint32(out[line+42:]); int(offset) >= at {
			binary.LittleEndian.PutUint32(out[line+42:], offset+uint32(len(more)))
		}
		line += 46 + name
	}
	return out
}

// TestHiddenBytes: ordinary programs read these archives without a word.
func TestHiddenBytes(t *testing.T) {
	const secret = "another archive, say"
	pack := sealed(t)
	end := len(pack) - 22
	directory := int(binary.LittleEndian.Uint32(pack[end+16:]))
	third := bytes.Index(pack, []byte("照片/0001.jpg")) - 30
	commented := append(bytes.Clone(pack), secret...)
	binary.LittleEndian.PutUint16(commented[len(pack)-2:], uint16(len(secret)))
	local := bytes.Clone(pack)
	copy(local[30:], "报吿.txt")
	for what, one := range map[string]struct {
		pack []byte
		want string
	}{
		"before, by a program that mends nothing": {append([]byte(secret), pack...), "第一个文件之前藏着20字节"},
		"before":                          {inserted(pack, 0, secret), "第一个文件之前藏着20字节"},
		"between":                         {inserted(pack, third, secret), "“数据/空.csv”与“照片/0001.jpg”之间藏着20字节"},
		"behind a file":                   {inserted(pack, directory, secret), "“manifest.sig”与目录之间藏着20字节"},
		"behind":                          {append(bytes.Clone(pack), secret...), "结尾之后还跟着20字节"},
		"far behind":                      {append(bytes.Clone(pack), make([]byte, 3<<20)...), "结尾之后还跟着3.0MB"},
		"a comment":                       {commented, "另加了注释"},
		"another name before the content": {local, "在内容前面却叫“报吿.txt”"},
	} {
		if z, err := zip.NewReader(bytes.NewReader(one.pack), int64(len(one.pack))); what != "far behind" && (err != nil || len(z.File) != 6) {
			t.Errorf("%s: the library doesn't read it: %v", what, err)
		}
		got := verify(t, one.pack, public(office))
		if got.Verdict != seal.Changed || got.Count() != 1 || !strings.Contains(got.Faults[0].Says, one.want) {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if got := verify(t, append(bytes.Clone(pack), pack...), public(office)); got.Sound {
		t.Error("a package behind a package is sound")
	}
}

// TestPackedAnotherWay: the same content in other packed bytes is told as such.
func TestPackedAnotherWay(t *testing.T) {
	pack := sealed(t)
	f := readZip(t, pack).File[3] // packed to few bytes, in one block
	at, err := f.DataOffset()
	if err != nil {
		t.Fatal(err)
	}
	text := contents()[3].text
	for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, level)
		w.Write(text)
		w.Close()
		if b.Len() != int(f.CompressedSize64) || bytes.Equal(b.Bytes(), pack[at:at+int64(b.Len())]) {
			continue
		}
		changed := bytes.Clone(pack)
		copy(changed[at:], b.Bytes())
		if got := verify(t, changed, public(office)); got.Verdict != seal.Changed || got.Count() != 1 || got.Faults[0].Kind != seal.FaultWrapping || got.Faults[0].File != f.Name {
			t.Errorf("level %d: %+v", level, got)
		}
	}
	// The bits behind the last block of a packed file mean nothing to who unpacks it.
	changed := bytes.Clone(pack)
	changed[at+int64(f.CompressedSize64)-1] ^= 0x80
	if got := verify(t, changed, public(office)); got.Verdict != seal.Changed || got.Count() != 1 {
		t.Errorf("%+v", got)
	}
}

// TestBombs: a file is unpacked no further than the manifest says, and one that claims the
// bytes of another isn't unpacked at all.
func TestBombs(t *testing.T) {
	all := unpacked(t, sealed(t))
	all[0].text = make([]byte, 200<<20)
	bomb := zipped(t, all)
	got := verify(t, bomb, public(office))
	if got.Verdict != seal.Changed || got.Faults[0].File != "报告.txt" || !strings.Contains(got.Faults[0].Says, "长") {
		t.Errorf("%+v", got)
	}
	if n := testing.AllocsPerRun(1, func() { verify(t, bomb, public(office)) }); n > 5000 {
		t.Errorf("%v allocations", n)
	}
	pack := sealed(t)
	end := len(pack) - 22
	line := int(binary.LittleEndian.Uint32(pack[end+16:]))
	line += 46 + int(binary.LittleEndian.Uint16(pack[line+28:])) // the second file, at the first one's content
	binary.LittleEndian.PutUint32(pack[line+42:], 0)
	got = verify(t, pack, public(office))
	if got.Sound || !slices.ContainsFunc(got.Faults, func(f seal.Fault) bool { return strings.Contains(f.Says, "占用同一段内容") }) {
		t.Errorf("two files at one place: %+v", got)
	}
	// A manifest that repeats itself takes no more memory than it has bytes, nearly.
	for name, text := range map[string]string{"files": `{"format":"shuixuan-dossier","version":1,"files":[` + strings.Repeat("{},", 4<<20) + `{}]}`, "settings": `{"format":"shuixuan-dossier","version":1,"edited":[],"files":[],"settings":{"x":"` + strings.Repeat("x", 2<<20) + `"}}`} {
		the(all, seal.ManifestName).text, all[0].text = []byte(text), nil
		if got := verify(t, zipped(t, all)); got.Verdict != seal.Changed || got.Count() != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestNoPackageAtAll: whatever is chosen, the answer is in words.
func TestNoPackageAtAll(t *testing.T) {
	random := make([]byte, 100_000)
	rand.NewChaCha8([32]byte{3}).Read(random)
	pack := sealed(t)
	for what, one := range map[string]struct {
		pack []byte
		want seal.Verdict
	}{
		"nothing": {nil, seal.Foreign}, "one byte": {[]byte("P"), seal.Foreign}, "random": {random, seal.Foreign}, "text": {[]byte("您好"), seal.Foreign},
		"an empty archive": {append([]byte("PK\x05\x06"), make([]byte, 18)...), seal.Foreign}, "half": {pack[:len(pack)/2], seal.Incomplete},
		"ends only": {bytes.Repeat(append([]byte("PK\x05\x06"), make([]byte, 16)...), 50_000), seal.Foreign},
	} {
		if got := verify(t, one.pack, public(office)); got.Verdict != one.want || got.Says == "" || got.Sealed != nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// TestHostileNamesAreShownPlainly: what stands in an archive may steer a terminal.
func TestHostileNamesAreShownPlainly(t *testing.T) {
	all := append(unpacked(t, sealed(t)), content{name: "\x1b[2J\u202egpj.exe"}, content{name: "\xb2\xe2\xca\xd4.txt"}, content{name: strings.Repeat("长", 900)})
	got := verify(t, zipped(t, all), public(office))
	said := ""
	for _, f := range got.Faults {
		said += f.Says + "\n"
	}
	for _, want := range []string{`“\u001b[2J\u202egpj.exe”`, `“\xb2\xe2\xca\xd4.txt”`, "长…”"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q isn't in\n%s", want, said)
		}
	}
	if strings.ContainsAny(said, "\x1b\u202e") || len(said) > 4000 {
		t.Errorf("%q", said)
	}
	if text, err := json.Marshal(got); err != nil || !json.Valid(text) {
		t.Error(err)
	}
}

// TestManyFaultsAreCounted lists so many and counts the others.
func TestManyFaultsAreCounted(t *testing.T) {
	all := unpacked(t, sealed(t))
	for i := range 500 {
		sum := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		all = append(all, content{name: hex.EncodeToString(sum[:])})
	}
	if got := verify(t, zipped(t, all)); len(got.Faults) != 200 || got.Count() != 501 || !strings.Contains(got.Says, "501处") {
		t.Errorf("%d listed, %d in all: %s", len(got.Faults), got.Count(), got.Says)
	}
}

var errDisk = errors.New("the disk is broken")

// TestAnErrorOfReadingIsNoVerdict: a broken disk says nothing of the package.
func TestAnErrorOfReadingIsNoVerdict(t *testing.T) {
	pack := sealed(t)
	hole := func(from, to int) io.ReaderAt { return holed{bytes.NewReader(pack), int64(from), int64(to)} }
	for at := 0; at < len(pack); at += 13 {
		if got, err := seal.Verify(hole(at, at+1), int64(len(pack)), public(office)); !errors.Is(err, errDisk) || got.Sound {
			t.Errorf("unreadable at %d: %v, sound %t", at, err, got.Sound)
		}
	}
}

// holed can't be read between two offsets.
type holed struct {
	*bytes.Reader
	from, to int64
}

func (h holed) ReadAt(p []byte, at int64) (int, error) {
	if at < h.to && at+int64(len(p)) > h.from {
		return 0, errDisk
	}
	return h.Reader.ReadAt(p, at)
}

// FuzzVerify: whatever a file holds, the check ends with words and calls nothing sound but
// what was sealed.
func FuzzVerify(f *testing.F) {
	pack := sealed(f)
	f.Add(pack)
	f.Add(pack[:len(pack)/2])
	f.Add(inserted(pack, 0, "PK\x05\x06"))
	f.Fuzz(func(t *testing.T, one []byte) {
		got := verify(t, one, public(office))
		if got.Says == "" || got.Sound != bytes.Equal(one, pack) {
			t.Errorf("sound %t: %s", got.Sound, got.Says)
		}
	})
}

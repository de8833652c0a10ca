package seal_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"shuixuan/dashboards/seal"
)

// Keys of the tests: that of the office, and that of somebody who would like to be it.
var (
	office   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	somebody = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))
)

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func statement() seal.Statement {
	return seal.Statement{Run: "run-1", CutOff: time.Date(2014, 10, 8, 9, 30, 1, 500, time.UTC), Campaign: seal.Subject{ID: "feicheng", Name: "“肥城”<创建>"}, Wave: seal.Subject{ID: "w2", Name: "第二轮"},
		Program: "1.0", Settings: map[string]string{"方法": "logit", "最少答卷": "5"}, Audit: seal.Head{Chain: "c", Seq: 12, Hash: "ab"},
		Edited: []seal.Passage{{Place: "二、（一）", Was: "原文", Is: "改过的 ]]> 文字 😀"}}}
}

// content is one file of a test's package.
type content struct {
	name   string
	text   []byte
	stored bool
}

// contents are a package as small as can be that has one of each: packed, stored, empty.
func contents() []content {
	photo := make([]byte, 100)
	rand.NewChaCha8([32]byte{1}).Read(photo)
	return []content{{"报告.txt", []byte(strings.Repeat("应宣传面 12，已覆盖 9。\n", 12)), false}, {"数据/空.csv", nil, false}, {"照片/0001.jpg", photo, true}, {"数据/答卷.csv", []byte("\ufeffid,年龄\n1,34\n2,51\n"), false}}
}

// write writes a package, in pieces of the size that piece gives.
func write(t testing.TB, w io.Writer, key ed25519.PrivateKey, says seal.Statement, all []content, piece func(int) int) (seal.Manifest, error) {
	t.Helper()
	z := seal.NewWriter(w, says, key)
	for _, one := range all {
		create := z.Create
		if one.stored {
			create = z.Stored
		}
		f, err := create(one.name)
		if err != nil {
			return seal.Manifest{}, err
		}
		for text := one.text; len(text) > 0; {
			n := piece(len(text))
			if _, err := f.Write(text[:n]); err != nil {
				return seal.Manifest{}, err
			}
			text = text[n:]
		}
	}
	return z.Close()
}

func atOnce(n int) int { return n }

// sealed gives a package of the office.
func sealed(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := write(t, &b, office, statement(), contents(), atOnce); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(t testing.TB, pack []byte, trusted ...ed25519.PublicKey) seal.Report {
	t.Helper()
	report, err := seal.Verify(bytes.NewReader(pack), int64(len(pack)), trusted...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestAPackageIsSound(t *testing.T) {
	pack := sealed(t)
	got := verify(t, pack, public(somebody), public(office))
	if !got.Sound || got.Verdict != seal.Sound || got.Trust != seal.Trusted || got.Count() != 0 || got.Files != 4 || got.Key != seal.Fingerprint(public(office)) {
		t.Errorf("an untouched package: %+v", got)
	}
	says := statement()
	says.CutOff = says.CutOff.Truncate(time.Second)
	if fmt.Sprint(*got.Sealed) != fmt.Sprint(says) {
		t.Errorf("says %+v, want %+v", *got.Sealed, says)
	}
	if got := verify(t, pack); !got.Sound || got.Trust != seal.Unchecked || !strings.Contains(got.Advice, "指纹") {
		t.Errorf("without a key to trust: %+v", got)
	}
	for fingerprint, want := range map[string]seal.Verdict{seal.Fingerprint(public(office)): seal.Sound, seal.Fingerprint(public(somebody)): seal.OtherKey} {
		if got, err := seal.VerifyFingerprint(bytes.NewReader(pack), int64(len(pack)), fingerprint); err != nil || got.Verdict != want {
			t.Errorf("by fingerprint: %v %v, want %s", got, err, want)
		}
	}
}

// TestTwoBuildsAreTheSame: the bytes depend on the content alone, however it is written.
func TestTwoBuildsAreTheSame(t *testing.T) {
	all := contents()
	long := make([]byte, 300_000) // several blocks of the packer
	random := rand.New(rand.NewPCG(1, 2))
	for i := range long {
		long[i] = "应宣传面123，。\n"[random.IntN(12)]
	}
	all = append(all, content{"长.txt", long, false}, content{"长.bin", long, true})
	var first []byte
	for _, piece := range []func(int) int{atOnce, func(n int) int { return min(n, 7) }, func(n int) int { return 1 + random.IntN(min(n, 70_000)) }} {
		var b bytes.Buffer
		says := statement()
		says.CutOff = says.CutOff.In(time.FixedZone("elsewhere", 3600))
		if _, err := write(t, &b, office, says, all, piece); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b.Bytes()
		}
		if !bytes.Equal(first, b.Bytes()) {
			t.Error("the same content written in other pieces has other bytes")
		}
	}
	if got := verify(t, first, public(office)); !got.Sound {
		t.Errorf("%+v", got.Faults)
	}
}

// TestEveryBitCounts turns each bit of a package over, leaves each byte out, and doubles it:
// no byte of the archive is without meaning.
func TestEveryBitCounts(t *testing.T) {
	pack := sealed(t)
	check := func(changed []byte, what string, at int) {
		t.Helper()
		if got := verify(t, changed, public(office)); got.Sound || got.Count() == 0 && got.Verdict == seal.Changed || got.Says == "" || got.Advice == "" {
			t.Errorf("%s %d of %d: %+v", what, at, len(pack), got)
		}
	}
	for at := range pack {
		for bit := range 8 {
			changed := bytes.Clone(pack)
			changed[at] ^= 1 << bit
			check(changed, fmt.Sprintf("bit %d of byte", bit), at)
		}
		check(append(bytes.Clone(pack[:at]), pack[at+1:]...), "without byte", at)
		check(append(bytes.Clone(pack[:at+1]), pack[at:]...), "twice byte", at)
		check(pack[:at], "cut at", at)
		check(pack[at+1:], "from", at)
	}
	t.Logf("%d packages of %d bytes", 12*len(pack), len(pack))
}

// TestAChangeIsNamed: a byte of a file's content changed in place is told as that file's, and
// as nothing else.
func TestAChangeIsNamed(t *testing.T) {
	pack := sealed(t)
	for _, f := range readZip(t, pack).File {
		at, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(f.Name, "manifest.") || f.UncompressedSize64 == 0 {
			continue
		}
		for i := range int64(f.CompressedSize64) - 1 {
			changed := bytes.Clone(pack)
			changed[at+i] ^= 0x41
			got := verify(t, changed, public(office))
			if got.Verdict != seal.Changed || got.Count() != 1 || got.Faults[0].File != f.Name || got.Trust != seal.Trusted {
				t.Errorf("byte %d of %s: %+v", i, f.Name, got)
			}
		}
	}
}

func readZip(t testing.TB, pack []byte) *zip.Reader {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fullDisk takes so many bytes and no more.
type fullDisk struct{ left int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) > d.left {
		n := d.left
		d.left = 0
		return n, syscall.ENOSPC
	}
	d.left -= len(b)
	return len(b), nil
}

// TestAFullDisk: wherever the disk gets full, the one who writes is told, and nothing claims
// to be a package.
func TestAFullDisk(t *testing.T) {
	all := append(contents(), content{"长.bin", make([]byte, 200_000), true})
	size := len(sealed(t)) + 200_000
	for left := 0; left < size; left += 997 {
		if m, err := write(t, &fullDisk{left}, office, statement(), all, atOnce); !errors.Is(err, syscall.ENOSPC) || m.Format != "" {
			t.Fatalf("with room for %d bytes: %v, %q", left, err, m.Format)
		}
	}
}

func TestRefusedWhenWriting(t *testing.T) {
	z := seal.NewWriter(io.Discard, statement(), office)
	for _, name := range []string{"", "/a", "../a", "a/../b", "a//b", "a/", `a\b`, "a:b", "con", "NUL.txt", "a.", "a ", "a\nb", "a\u202eb", "\xff", strings.Repeat("长", 61), "manifest.json", "MANIFEST.SIG", strings.Repeat("长长/", 70) + "a"} {
		if _, err := z.Create(name); err == nil {
			t.Errorf("%q was created", name)
		}
	}
	first, err := z.Create("A/b.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A/b.txt", "a/B.TXT", "A/b.txt/c", "a"} {
		if _, err := z.Create(name); err == nil {
			t.Errorf("%q beside A/b.txt was created", name)
		}
	}
	if _, err := z.Create("c"); err != nil {
		t.Error(err)
	}
	if _, err := first.Write([]byte("late")); err == nil {
		t.Error("a file was written to after the next one began")
	}
	if _, err := z.Close(); err != nil {
		t.Error(err)
	}
	if _, err := z.Create("d"); err == nil {
		t.Error("a file was created in a closed package")
	}
	if _, err := z.Close(); err == nil {
		t.Error("a package was closed twice")
	}
	long := statement()
	long.Settings = map[string]string{"x": strings.Repeat("x", 1<<20)}
	for what, z := range map[string]*seal.Writer{"no key": seal.NewWriter(io.Discard, statement(), nil), "no cut-off": seal.NewWriter(io.Discard, seal.Statement{}, office), "too long": seal.NewWriter(io.Discard, long, office)} {
		if _, err := z.Create("a"); err == nil {
			t.Errorf("%s: a file was created", what)
		}
		if _, err := z.Close(); err == nil {
			t.Errorf("%s: the package was closed", what)
		}
	}
}

// TestOtherProgramsReadIt: a package is a plain archive, and its signature a plain one.
func TestOtherProgramsReadIt(t *testing.T) {
	pack, dir := sealed(t), t.TempDir()
	for i, f := range readZip(t, pack).File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if all := contents(); err != nil || i < len(all) && (f.Name != all[i].name || !bytes.Equal(got, all[i].text)) {
			t.Errorf("%s: %v", f.Name, err)
		}
		if f.NonUTF8 || f.Mode() != 0o644 || f.Modified.Format("2006-01-02 15:04:05") != "2014-10-08 17:30:00" {
			t.Errorf("%s: not UTF-8 %t, %v, %v", f.Name, f.NonUTF8, f.Mode(), f.Modified)
		}
		if strings.HasPrefix(f.Name, "manifest") {
			put(t, filepath.Join(dir, f.Name), got)
		}
	}
	put(t, filepath.Join(dir, "a.zip"), pack)
	put(t, filepath.Join(dir, "key.pem"), seal.PublicPEM(public(office)))
	run(t, dir, "unzip", "-tq", "a.zip")
	run(t, dir, "python3", "-c", "import zipfile; z = zipfile.ZipFile('a.zip'); assert z.testzip() is None and len(z.namelist()) == 6, z.namelist()")
	run(t, dir, "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "manifest.json", "-sigfile", "manifest.sig")
	if got := run(t, dir, "sh", "-c", "openssl pkey -pubin -in key.pem -outform DER | sha256sum"); got != "" && !strings.HasPrefix(got, seal.Fingerprint(public(office))) {
		t.Errorf("openssl says the fingerprint is %s", got)
	}
}

// run runs another program where it is installed.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Logf("%s isn't installed", name)
		return ""
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func put(t testing.TB, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestManyFiles needs the wide end of the directory.
func TestManyFiles(t *testing.T) {
	var all []content
	for i := range 66_000 {
		all = append(all, content{fmt.Sprintf("照片/%05d.jpg", i), []byte{byte(i)}, true})
	}
	var b bytes.Buffer
	if _, err := write(t, &b, office, statement(), all, atOnce); err != nil {
		t.Fatal(err)
	}
	if got := verify(t, b.Bytes(), public(office)); !got.Sound || got.Files != len(all) {
		t.Errorf("%d files: %s %v", got.Files, got.Says, got.Faults)
	}
	if n := len(readZip(t, b.Bytes()).File); n != len(all)+2 {
		t.Errorf("the library reads %d files", n)
	}
}

func TestFingerprintsAsPeopleCopyThem(t *testing.T) {
	plain := seal.Fingerprint(public(office))
	for _, text := range []string{plain, strings.ToUpper(plain), seal.Grouped(plain), " SHA256:" + plain + "\n", strings.Join(strings.Split(plain, ""), ":")} {
		if got, ok := seal.ParseFingerprint(text); !ok || got != plain {
			t.Errorf("%q: %q, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "abc", plain[:62], plain + "00", "测试"} {
		if _, ok := seal.ParseFingerprint(text); ok {
			t.Errorf("%q is taken for a fingerprint", text)
		}
	}
	if got, err := seal.ParsePublicPEM(seal.PublicPEM(public(office))); err != nil || !got.Equal(public(office)) {
		t.Errorf("the key comes back as %v, %v", got, err)
	}
	for _, text := range []string{"", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"} {
		if _, err := seal.ParsePublicPEM([]byte(text)); err == nil {
			t.Errorf("%q is taken for a key", text)
		}
	}
}

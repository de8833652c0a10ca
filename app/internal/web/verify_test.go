package web

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"shuixuan/app/sealkey"
	"shuixuan/dashboards/seal"
)

func init() {
	writeFixtures["POST "+verifyPath] = write{why: "a package is looked at and nothing is kept", prepare: func(t *testing.T, s *site) request {
		return request{path: verifyPath, raw: packageForm("a.zip", packed(t, s.ownKey(t), "一")), rawType: "multipart/form-data; boundary=frontier"}
	}}
}

func (s *site) ownKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	key, err := s.Seal.Key()
	if err != nil {
		t.Fatal(err)
	}
	return key.Private
}

// packed is a package of one text, with hostile words in its statement.
func packed(t *testing.T, key ed25519.PrivateKey, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := seal.NewWriter(&b, seal.Statement{Run: "run-7", CutOff: time.Date(2014, 10, 8, 9, 30, 0, 0, time.UTC), Campaign: seal.Subject{ID: "feicheng", Name: "创建<script>alert(1)</script>"}, Program: "1",
		Edited: []seal.Passage{{Place: "二、（一）", Was: "原文", Is: "改成\u202e这样"}}, Settings: map[string]string{"方法": "logit"}}, key)
	f, err := z.Create("报告.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packageForm(name string, pack []byte) string {
	return "--frontier\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n\r\n--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\nContent-Type: application/zip\r\n\r\n" + string(pack) + "\r\n--frontier--\r\n"
}

// verified sends a package to the page as nobody.
func (s *site) verified(pack []byte, header ...string) answer {
	r := httptest.NewRequest("POST", verifyPath, strings.NewReader(packageForm("卷宗.zip", pack)))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=frontier")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.send(r)
}

func pageSays(t *testing.T, what string, got answer, status int, wants ...string) {
	t.Helper()
	if got.status != status {
		t.Errorf("%s: answered %d, want %d", what, got.status, status)
	}
	for _, want := range wants {
		if !strings.Contains(got.body, want) {
			t.Errorf("%s: the page doesn't say %q:\n%s", what, want, got.body)
		}
	}
	if strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, "\u202e") {
		t.Errorf("%s: a text of the package is on the page as it is", what)
	}
}

func TestVerifyPage(t *testing.T) {
	s := newSite(t, 1000) // the limit of other uploads isn't that of packages
	s.config.Scratch = t.TempDir()
	pageSays(t, "before there is a key", s.do("", "GET", verifyPath, nil), 200, "还没有生成")
	if got := s.do("", "GET", verifyPath+"/seal.pub", nil); got.status != 404 {
		t.Errorf("the key before there is one: %d", got.status)
	}
	pageSays(t, "before there is a key", s.verified(packed(t, ed25519.NewKeyFromSeed(make([]byte, 32)), "一")), 200, "还要核对密钥", "不是本系统的密钥")

	key := s.ownKey(t)
	fingerprint := seal.Grouped(seal.Fingerprint(key.Public().(ed25519.PublicKey)))
	pack := packed(t, key, strings.Repeat("应宣传面12，已覆盖9。\n", 5000))
	pageSays(t, "the form", s.do("", "GET", verifyPath, nil), 200, fingerprint, `enctype="multipart/form-data"`)
	pageSays(t, "an untouched package", s.verified(pack), 200, "卷宗完好", "notice-done", "与本系统的一致", "2014-10-08 17:30:00", "run-7", "创建&lt;script&gt;", fingerprint, "改成\\u202e这样", "logit")
	if got := s.do("", "GET", verifyPath+"/seal.pub", nil); got.status != 200 || got.body != string(seal.PublicPEM(key.Public().(ed25519.PublicKey))) || !strings.Contains(got.header.Get("Content-Disposition"), "seal.pub") {
		t.Errorf("the public key: %d %s", got.status, got.body)
	}

	changed := bytes.Replace(pack, []byte("报告.txt"), []byte("报吿.txt"), 1)
	pageSays(t, "a changed name", s.verified(changed), 200, "被改动过", "notice-bad", "在内容前面却叫“报吿.txt”", "不要采信")
	pageSays(t, "half of it", s.verified(pack[:len(pack)/2]), 200, "不完整")
	pageSays(t, "something else", s.verified([]byte("hello")), 200, "不是压缩包", "卷宗.zip")
	pageSays(t, "signed by another", s.verified(packed(t, ed25519.NewKeyFromSeed(make([]byte, 32)), "一")), 200, "另一把密钥", "不是本系统的密钥", "notice-bad")
	pageSays(t, "an empty file", s.verified(nil), 422, "是空的")
	pageSays(t, "no file", s.do("", "POST", verifyPath, map[string][]string{"x": {"y"}}), 422, "没有收到文件")
	pageSays(t, "as the office", func() answer {
		r := httptest.NewRequest("POST", verifyPath, strings.NewReader(packageForm("a.zip", pack)))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=frontier")
		r.Header.Set("Cookie", s.as("chuang"))
		return s.send(r)
	}(), 200, "卷宗完好")

	var report seal.Report
	got := s.verified(changed, "Accept", "application/json")
	if err := json.Unmarshal([]byte(got.body), &report); err != nil || report.Verdict != seal.Changed || report.Faults[0].File != "报告.txt" {
		t.Errorf("as JSON: %v\n%s", err, got.body)
	}
	if got := s.verified(nil, "Accept", "application/json"); got.status != 422 || !strings.Contains(got.header.Get("Content-Type"), "problem+json") {
		t.Errorf("a problem as JSON: %d %v", got.status, got.header)
	}
	if left, err := os.ReadDir(s.config.Scratch); err != nil || len(left) != 0 {
		t.Errorf("there is left %v, %v", left, err)
	}
	if !strings.Contains(s.log.String(), "package verified") {
		t.Error("the operator's log doesn't tell of a check")
	}
}

// full is a disk that takes so many bytes.
type full struct {
	scratch
	left   int
	closed bool
}

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, syscall.ENOSPC
	}
	return f.scratch.Write(b)
}

func (f *full) Close() error {
	f.closed = true
	return f.scratch.Close()
}

// TestADiskFullDuringTheUpload: the person is told, and what came until then is gone.
func TestADiskFullDuringTheUpload(t *testing.T) {
	s := newSite(t, 0)
	s.config.Scratch = t.TempDir()
	var disk *full
	s.scratch = func(dir string) (scratch, error) {
		file, err := nameless(dir)
		disk = &full{scratch: file, left: 500}
		return disk, err
	}
	pageSays(t, "a full disk", s.verified(packed(t, s.ownKey(t), "一")), 503, "磁盘满了", "上传的文件已经清除")
	if !disk.closed {
		t.Error("the file stays open")
	}
	if left, err := os.ReadDir(s.config.Scratch); err != nil || len(left) != 0 {
		t.Errorf("there is left %v, %v", left, err)
	}
	s.scratch = func(string) (scratch, error) { return nil, errors.New("no such folder") }
	pageSays(t, "no folder", s.verified(packed(t, s.ownKey(t), "一")), 503, "存不下")
	s.scratch = nameless
	pageSays(t, "afterwards", s.verified(packed(t, s.ownKey(t), "一")), 200, "卷宗完好")
}

// onTheWire posts to the page over a connection of its own, which ends after the body.
func (s *site) onTheWire(t *testing.T, length int, body string) answer {
	t.Helper()
	if err := s.Open("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go s.Listen("")
	connection, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=frontier\r\nContent-Length: %d\r\n\r\n%s", verifyPath, length, body)
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, response)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	return got
}

func TestAnUploadThatBreaksOff(t *testing.T) {
	s := newSite(t, 0)
	s.config.Scratch = t.TempDir()
	form := packageForm("a.zip", packed(t, s.ownKey(t), "一"))
	pageSays(t, "broken off", s.onTheWire(t, len(form), form[:len(form)-200]), 400, "没有传完")
	if left, err := os.ReadDir(s.config.Scratch); err != nil || len(left) != 0 {
		t.Errorf("there is left %v, %v", left, err)
	}
}

func TestAPackageTooLong(t *testing.T) {
	s := newSite(t, 0)
	pageSays(t, "too large", s.onTheWire(t, verifyLimit+2*formLimit, packageForm("a.zip", make([]byte, 1<<20))), http.StatusRequestEntityTooLarge, "超过12GB")
}

func TestVerifyIsLimited(t *testing.T) {
	s := newSite(t, 0)
	s.config.Scratch = t.TempDir()
	pack := packed(t, s.ownKey(t), "一")
	end := s.verifying.begin("0.0.0.0")
	got := s.verified(pack)
	pageSays(t, "a second one at once", got, http.StatusTooManyRequests, "正在核验别的卷宗", "shuixuan verify")
	if got.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
	end()
	for i := range mostVerifying {
		defer s.verifying.begin(string(rune('a' + i)))()
	}
	pageSays(t, "when all places are taken", s.verified(pack), http.StatusTooManyRequests, "正在核验别的卷宗")
	s.verifying = verifying{}
	s.limits = newLimits(Rates{Verify: Rate{1, 2}}, s.clock)
	statuses := map[int]int{}
	for range 4 {
		statuses[s.verified(pack).status]++
	}
	if statuses[200] != 2 || statuses[429] != 2 {
		t.Errorf("two at once were let through as %v", statuses)
	}
	s.limits = newLimits(Rates{}, s.clock)
	s.verifyTime = 0
	pageSays(t, "one that takes too long", s.verified(pack), http.StatusRequestEntityTooLarge, "核验得太久")
}

// TestAKeyThatIsBroken shows the public file's fingerprint while the secret is away, and no
// place on the server's disk to anybody.
func TestAKeyThatIsBroken(t *testing.T) {
	s := newSite(t, 0)
	dir := t.TempDir()
	s.Seal = sealkey.In(dir)
	pack := packed(t, s.ownKey(t), "一")
	if err := os.WriteFile(filepath.Join(dir, sealkey.PublicFile), []byte("torn"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := s.verified(pack)
	pageSays(t, "without its own key", got, 200, "还要核对密钥", "暂时读不出来")
	if strings.Contains(got.body, dir) {
		t.Error("the page tells where the data lie")
	}
}

func TestUploadTime(t *testing.T) {
	for _, one := range []struct {
		path   string
		length int
		want   time.Duration
	}{{"/c/feicheng/imports", 50 << 20, 10 * time.Minute}, {"/verify", 9 << 30, 10*time.Minute + 9216*time.Second}, {"/Verify/?x", 60 << 20, 11 * time.Minute}, {"/verify", 1 << 60, 10*time.Minute + 12288*time.Second}, {"/verify", -1, 10 * time.Minute}} {
		var h fasthttp.RequestHeader
		h.SetRequestURI(one.path)
		h.SetContentLength(one.length)
		if got := uploadTime(&h); got != one.want {
			t.Errorf("%s of %d bytes may take %v, want %v", one.path, one.length, got, one.want)
		}
	}
}

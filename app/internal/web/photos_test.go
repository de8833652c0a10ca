package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/placement"
	"shuixuan/seeds/picture"
)

func init() {
	photo := func(path string) func(t *testing.T, s *site) request {
		return func(t *testing.T, s *site) request {
			id := logged(t, s, "照片路口")
			return request{as: "zhujian", path: fmt.Sprintf(path, id), kind: "x", file: string(scene(7))}
		}
	}
	writeFixtures["POST /c/:campaign/placements/:id/photos"] = write{leaves: []string{"photo.add"}, once: true, prepare: photo("/c/feicheng/placements/%s/photos")}
	writeFixtures["POST /api/v1/campaigns/:campaign/placements/:id/photos"] = write{leaves: []string{"photo.add"}, once: true, prepare: photo("/api/v1/campaigns/feicheng/placements/%s/photos")}
	writeFixtures["POST /c/:campaign/photos/:photo/set-aside"] = write{leaves: []string{"photo.set-aside"}, once: true, prepare: func(t *testing.T, s *site) request {
		p := s.photograph(t, "zhujian", logged(t, s, "照片作废路口"), 8)
		return request{as: "zhujian", path: "/c/feicheng/photos/" + p.ID.String() + "/set-aside", fields: map[string][]string{"reason": {"拍糊了"}}, thing: p.ID.String()}
	}}
}

func scene(seed uint64) []byte { return picture.Picture(picture.Scene{Seed: seed}, 480, 360, nil) }

// part is one part of a form; one with a file's name is a file.
type part struct{ name, file, body string }

// sendParts sends a form of parts as a person's browser does; more are headers.
func (s *site) sendParts(login, address string, parts []part, header ...string) answer {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		var into io.Writer
		var err error
		if p.file != "" {
			into, err = w.CreateFormFile(p.name, p.file)
		} else {
			into, err = w.CreateFormField(p.name)
		}
		if err == nil {
			_, err = io.WriteString(into, p.body)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	w.Close()
	r := httptest.NewRequest(http.MethodPost, address, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	if cookie := s.as(login); cookie != "" {
		r.Header.Set("Cookie", cookie)
		r.Header.Set(formTokenHeader, newFormToken(strings.TrimPrefix(cookie, sessionCookie+"=")))
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.send(r)
}

// camera are the parts that our script sends for a photo taken in the page.
func camera(id string, file []byte) []part {
	return []part{{name: "id", body: id}, {name: "source", body: "camera"}, {name: "longitude", body: "116.7712"}, {name: "latitude", body: "36.1803"},
		{name: "accuracy", body: "20"}, {name: "datum", body: "wgs84"}, {name: "file", file: "photo.jpg", body: string(file)}}
}

// photograph adds a photo as somebody and gives it.
func (s *site) photograph(t *testing.T, login string, id uuid.UUID, seed uint64) photoJSON {
	t.Helper()
	got := s.sendParts(login, "/c/feicheng/placements/"+id.String()+"/photos", camera(uuid.NewString(), scene(seed)), "Accept", "application/json")
	var p photoJSON
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != http.StatusCreated {
		t.Fatalf("photograph: %d %s", got.status, got.body)
	}
	return p
}

func TestAPhotoOnItsWayThroughThePages(t *testing.T) {
	s := newSite(t, 0)
	id := logged(t, s, "康王河公园南门")
	p := s.photograph(t, "zhujian", id, 1)
	if p.Source != placement.FromCamera || p.Grade != placement.GradeB || p.Reasons[0].Text == "" { // billboards here have no position
		t.Errorf("told as %+v", p)
	}
	page := s.do("zhujian", "GET", "/c/feicheng/placements/"+id.String(), nil)
	for _, want := range []string{p.Thumb, p.Screen, p.Original, "B 信息一致", "在本页面拍摄"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page of the placement doesn't say %q", want)
		}
	}
	for _, address := range []string{p.Thumb, p.Screen, "/c/feicheng/photos/" + p.ID.String() + "/marked.jpg"} {
		got := s.do("zhujian", "GET", address, nil)
		if _, err := jpeg.Decode(strings.NewReader(got.body)); err != nil || got.status != 200 {
			t.Fatalf("%s: %d, %v", address, got.status, err)
		}
		for name, want := range map[string]string{"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=86400"} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", address, name, got.header.Get(name), want)
			}
		}
		again := s.do("zhujian", "GET", address, nil, "If-None-Match", got.header.Get("ETag"))
		if again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s: asked again it answers %d with %d bytes", address, again.status, len(again.body))
		}
		// Who may not see it is not told by what a browser remembers.
		if stranger := s.do("jiaoyu", "GET", address, nil, "If-None-Match", got.header.Get("ETag")); stranger.status != 404 {
			t.Errorf("%s: another unit is answered %d", address, stranger.status)
		}
	}
	original := s.do("zhujian", "GET", p.Original, nil)
	if original.body != string(scene(1)) || !strings.HasPrefix(original.header.Get("Content-Disposition"), "attachment;") || original.header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(original.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the original: %d bytes, %v", len(original.body), original.header)
	}
	var reads int
	for _, e := range s.since(nil) {
		if e.Verb == "photo.original" && e.Thing == p.ID.String() && e.Actor.ID == "zhujian" {
			reads++
		}
	}
	if reads != 1 {
		t.Errorf("%d events of reading the original", reads)
	}
	aside := s.do("zhujian", "POST", "/c/feicheng/photos/"+p.ID.String()+"/set-aside", map[string][]string{"reason": {"拍糊了"}})
	if aside.status != http.StatusSeeOther {
		t.Errorf("set aside: %d %s", aside.status, aside.body)
	}
	if page := s.do("zhujian", "GET", "/c/feicheng/placements/"+id.String(), nil); !strings.Contains(page.body, "拍糊了") || strings.Contains(page.body, "带标注的副本") {
		t.Error("a photo that was set aside is still shown as proof, or its reason isn't")
	}
}

// A unit is told that a picture was used before, never where; the office sees both.
func TestTwinsAreShownToTheOfficeOnly(t *testing.T) {
	s := newSite(t, 0)
	first := logged(t, s, "康王河公园南门")
	p := s.photograph(t, "zhujian", first, 1)
	log := s.do("jiaoyu", "POST", "/c/feicheng/placements", map[string][]string{"id": {"5f2b0b53-6c1f-4d9c-8f0e-3a5f1f0f3c11"}, "task": {"社会宣传8"}, "carrier": {"宣传条幅"}, "place": {"实验小学"},
		"quantity": {"2"}, "measure": {"条"}, "start": {"2014-09-05"}, "open": {"1"}})
	if log.status != http.StatusSeeOther {
		t.Fatalf("log: %d %s", log.status, log.body)
	}
	second := uuid.MustParse("5f2b0b53-6c1f-4d9c-8f0e-3a5f1f0f3c11")
	copied := s.photograph(t, "jiaoyu", second, 1)
	if copied.Grade != placement.GradeX || copied.Reasons[0].Code != placement.ReasonSame {
		t.Fatalf("grade %s because of %v", copied.Grade, copied.Reasons)
	}
	address := "/c/feicheng/placements/" + second.String()
	office := s.do("chuang", "GET", address, nil)
	for _, want := range []string{p.Thumb, "康王河公园南门", "同一张"} {
		if !strings.Contains(office.body, want) {
			t.Errorf("the office is not shown %q", want)
		}
	}
	told, _ := json.Marshal(copied)
	for name, body := range map[string]string{"page": s.do("jiaoyu", "GET", address, nil).body, "list": s.do("jiaoyu", "GET", "/api/v1/campaigns/feicheng/placements/"+second.String()+"/photos", nil).body,
		"placement": s.do("jiaoyu", "GET", "/api/v1/campaigns/feicheng/placements/"+second.String(), nil).body, "answer": string(told)} {
		if !strings.Contains(body, "此前已用于别处") {
			t.Errorf("%s: the unit is not told that the picture was used before: %s", name, body)
		}
		for _, secret := range []string{p.ID.String(), first.String(), "康王河公园南门", "市住建局"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s: the unit is told %q of the other placement", name, secret)
			}
		}
	}
}

// What a browser without scripts does: several files in one form, one of them no photo.
func TestSeveralFilesInOneForm(t *testing.T) {
	s := newSite(t, 1<<20) // the limit of ledgers: photos have their own
	id := logged(t, s, "康王河公园南门")
	address := "/c/feicheng/placements/" + id.String() + "/photos"
	heavy := string(scene(1)) + strings.Repeat("\x00", 3<<20)
	got := s.sendParts("zhujian", address, []part{{"file", "一.jpg", heavy}, {"file", "二.jpg", "<svg/>"}, {"file", "三.jpg", string(scene(3))}})
	if got.status != 422 || !strings.Contains(got.body, "收下了2张照片，有1张没有收下") || !strings.Contains(got.body, "二.jpg") {
		t.Errorf("answered %d: %s", got.status, got.body)
	}
	got = s.sendParts("zhujian", address, []part{{"file", "三.jpg", string(scene(3))}})
	if got.status != 303 || !strings.Contains(got.header.Get("Location"), "done=photo-known") {
		t.Errorf("the same file again: %d to %s", got.status, got.header.Get("Location"))
	}
	if got = s.sendParts("zhujian", address, []part{{"file", "四.jpg", string(scene(1)) + strings.Repeat("\x00", 21<<20)}}); got.status != 413 || !strings.Contains(got.body, "20MB") {
		t.Errorf("21 MB: %d", got.status)
	}
	if got = s.sendParts("zhujian", address, nil); got.status != 422 || !strings.Contains(got.body, "没有收到照片") {
		t.Errorf("no file: %d", got.status)
	}
	if got = s.sendParts("jiaoyu", address, []part{{"file", "一.jpg", string(scene(5))}}); got.status != 404 {
		t.Errorf("another unit: %d", got.status)
	}
}

func TestPhotosFromPrograms(t *testing.T) {
	s := newSite(t, 0)
	id := logged(t, s, "康王河公园南门")
	address := "/api/v1/campaigns/feicheng/placements/" + id.String() + "/photos"
	_, secret, err := s.Auth.AddToken(t.Context(), audit.System("test"), audit.RoleUnit, "feicheng", "zhujianju", "程序", s.clock().AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	send := func(photo string, file []byte) (answer, photoJSON) {
		t.Helper()
		got := s.sendParts("", address, camera(photo, file), "Authorization", "Bearer "+secret)
		var p photoJSON
		if got.status < 300 {
			if err := json.Unmarshal([]byte(got.body), &p); err != nil {
				t.Fatal(err)
			}
		}
		return got, p
	}
	photo := uuid.NewString()
	got, p := send(photo, scene(1))
	if got.status != 201 || p.ID.String() != photo || p.Source != placement.FromUpload {
		t.Errorf("answered %d as %+v: a program has no camera of ours", got.status, p)
	}
	if got, again := send(photo, scene(1)); got.status != 200 || again.ID != p.ID {
		t.Errorf("the same again: %d", got.status)
	}
	if got, _ := send(photo, scene(2)); got.status != 409 || !strings.Contains(got.header.Get("Content-Type"), "problem+json") {
		t.Errorf("another file under the same id: %d %s", got.status, got.body)
	}
	if got, _ := send(uuid.NewString(), []byte("%PDF-1.4")); got.status != 422 {
		t.Errorf("a PDF: %d", got.status)
	}
	list := s.do("zhujian", "GET", address, nil)
	if strings.Count(list.body, `"sha256"`) != 1 {
		t.Errorf("the list: %s", list.body)
	}
}

// A line that breaks leaves nothing; the same photo sent again is taken.
func TestABrokenLineLosesNothing(t *testing.T) {
	s := newSite(t, 0)
	id, photo := logged(t, s, "康王河公园南门"), uuid.NewString()
	address := "/c/feicheng/placements/" + id.String() + "/photos"
	whole := "--frontier\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n" + photo + "\r\n--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n" + string(scene(1)) + "\r\n--frontier--\r\n"
	send := func(body string) answer {
		r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=frontier")
		r.Header.Set("Accept", "application/json")
		cookie := s.as("zhujian")
		r.Header.Set("Cookie", cookie)
		r.Header.Set(formTokenHeader, newFormToken(strings.TrimPrefix(cookie, sessionCookie+"=")))
		return s.send(r)
	}
	if got := send(whole[:len(whole)/2]); got.status != 422 || !strings.Contains(got.body, "没有传完") {
		t.Errorf("half of it: %d %s", got.status, got.body)
	}
	if got := send(whole); got.status != 201 {
		t.Errorf("sent again: %d %s", got.status, got.body)
	}
	if got := send(whole); got.status != 200 {
		t.Errorf("and once more: %d %s", got.status, got.body)
	}
}

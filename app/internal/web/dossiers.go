package web

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/dossier"
	"shuixuan/app/internal/auth"
	"shuixuan/app/job"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
	"shuixuan/dashboards/document"
	content "shuixuan/dashboards/dossier"
	"shuixuan/dashboards/seal"
	"shuixuan/ingest"
)

// The inspection dossiers: drafted, written in, sealed, and shown with the rows and photos
// behind every figure. What a sealed one shows comes out of its file.

func (s *Server) dossierRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all = "/c/:campaign/dossiers"
	const one = all + "/:dossier"
	return []route{
		{get, all, auth.DossierRead, s.dossiersList},
		{post, all, auth.DossierPut, s.dossierBegin},
		{get, one, auth.DossierRead, s.dossierShow},
		{post, one + "/passages", auth.DossierPut, s.dossierWrite},
		{post, one + "/seal", auth.DossierPut, s.dossierSeal},
		{post, one + "/cancel", auth.DossierPut, s.dossierCancel},
		{get, one + "/report", auth.DossierRead, s.dossierReport},
		{get, one + "/exhibits", auth.DossierRead, s.dossierExhibits},
		{get, one + "/exhibits/photo.jpg", auth.DossierRead, s.dossierPhoto},
		{get, one + "/dossier.zip", auth.DossierRead, s.dossierDownload},
	}
}

// dossierLine is a dossier as it stands in the list and on its page.
type dossierLine struct {
	revision.Held[dossier.Dossier]
	By    string
	Pace  job.Pace
	Left  string
	Going bool // on its way in this program
}

// StateName is the state in words.
func (l dossierLine) StateName() string { return dossier.StateNames[l.Thing.State] }

// KeyWords is the key's fingerprint as people compare it.
func (l dossierLine) KeyWords() string { return seal.Grouped(l.Thing.Key) }

func (s *Server) dossierLine(ctx context.Context, held revision.Held[dossier.Dossier], name func(string) string) dossierLine {
	line := dossierLine{Held: held, By: name(held.RecordedBy)}
	line.Pace, line.Going = s.Dossiers.Pace(ctx, held.Thing)
	line.Left = timeLeft(line.Pace.Left(time.Now()))
	return line
}

func (s *Server) dossiersList(c *fiber.Ctx, v *visit) error {
	held, err := s.Dossiers.List(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	name, err := s.names(c.UserContext(), v)
	if err != nil {
		return err
	}
	waves, err := s.Surveys.Waves(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	sortWaves(waves)
	data := struct {
		Lines []dossierLine
		Waves []survey.Wave
	}{Waves: waves}
	for _, one := range held {
		if s.opensDossier(v, one.Thing) {
			data.Lines = append(data.Lines, s.dossierLine(c.UserContext(), one, name))
		}
	}
	return s.render(c, v, "dossiers_list", "验收卷宗", data)
}

// opensDossier: who may not write dossiers sees those that are sealed, and who came by an
// inspector's link the one that it opens.
func (s *Server) opensDossier(v *visit, d dossier.Dossier) bool {
	if auth.ByLink(v.actor) {
		return d.State == dossier.Sealed && d.ID == v.actor.Dossier
	}
	return v.may(auth.DossierPut) || d.State == dossier.Sealed
}

func (s *Server) dossierBegin(c *fiber.Ctx, v *visit) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	waves := f["wave"]
	known, err := s.Surveys.Waves(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	for _, id := range waves {
		if !slices.ContainsFunc(known, func(w survey.Wave) bool { return string(w.ID) == id }) {
			return problem.NotFound("这一轮调查")
		}
	}
	if len(waves) == len(known) {
		waves = nil
	}
	one, err := s.Dossiers.Begin(c.UserContext(), v.actor, v.plan.Campaign.ID, waves...)
	if err != nil {
		return err
	}
	return c.Redirect(dossierAddress(v, one.ID), fiber.StatusSeeOther)
}

func dossierAddress(v *visit, id string) string {
	return "/c/" + v.plan.Campaign.ID + "/dossiers/" + url.PathEscape(id)
}

// dossier finds the dossier in the address.
func (s *Server) dossier(c *fiber.Ctx, v *visit) (revision.Held[dossier.Dossier], error) {
	held, err := s.Dossiers.Dossier(c.UserContext(), v.plan.Campaign.ID, c.Params("dossier"))
	if err == nil && !s.opensDossier(v, held.Thing) {
		return held, problem.NotFound("这份卷宗")
	}
	return held, err
}

// passageLine is a passage as it stands in the form.
type passageLine struct {
	content.Passage
	Own  string // as the office wrote it, empty where it didn't
	Rows int
}

func (s *Server) dossierShow(c *fiber.Ctx, v *visit) error {
	held, err := s.dossier(c, v)
	if err != nil {
		return err
	}
	if c.Get("HX-Request") != "" && held.Thing.State != dossier.Sealing {
		c.Set("HX-Refresh", "true") // the whole page is another when the sealing has ended
	}
	name, err := s.names(c.UserContext(), v)
	if err != nil {
		return err
	}
	data := struct {
		dossierLine
		Passages []passageLine
		PDF      bool
	}{dossierLine: s.dossierLine(c.UserContext(), held, name), PDF: s.Dossiers.Prints()}
	if held.Thing.State == dossier.Draft {
		d, err := s.Dossiers.Data(c.UserContext(), held.Thing)
		if err != nil {
			return err
		}
		for _, p := range content.Passages(d) {
			one := passageLine{Passage: p, Own: held.Thing.Edits[p.Key]}
			text := one.Text
			if one.Own != "" {
				text = one.Own
			}
			one.Rows = min(max(3, len([]rune(text))/40+strings.Count(text, "\n")+1), 16)
			data.Passages = append(data.Passages, one)
		}
	}
	return s.render(c, v, "dossiers_show", "验收卷宗", data)
}

func (s *Server) dossierWrite(c *fiber.Ctx, v *visit) error {
	held, err := s.dossier(c, v)
	if err != nil {
		return err
	}
	f, err := form(c)
	if err != nil {
		return err
	}
	d, err := s.Dossiers.Data(c.UserContext(), held.Thing)
	if err != nil {
		return err
	}
	passages := map[string]string{}
	for _, p := range content.Passages(d) {
		text, sent := f["text."+p.Key]
		if !sent {
			continue
		}
		passages[p.Key] = strings.TrimSpace(strings.ReplaceAll(text[0], "\r\n", "\n"))
		if passages[p.Key] == p.Text || f.Get("reset."+p.Key) != "" { // as the data give it
			passages[p.Key] = ""
		}
	}
	expected, err := strconv.ParseUint(f.Get("revision"), 10, 32)
	if err != nil {
		return problem.Invalid("表单不完整", "请刷新这一页再来。")
	}
	if err := s.Dossiers.Write(c.UserContext(), v.actor, held, passages, uint32(expected)); err != nil {
		return err
	}
	return c.Redirect(dossierAddress(v, held.ID)+"?done=saved", fiber.StatusSeeOther)
}

func (s *Server) dossierSeal(c *fiber.Ctx, v *visit) error {
	held, err := s.dossier(c, v)
	if err != nil {
		return err
	}
	f, err := form(c)
	if err != nil {
		return err
	}
	expected, err := strconv.ParseUint(f.Get("revision"), 10, 32)
	if err != nil {
		return problem.Invalid("表单不完整", "请刷新这一页再来。")
	}
	if err := s.Dossiers.Seal(c.UserContext(), v.actor, held, uint32(expected)); err != nil {
		return err
	}
	return c.Redirect(dossierAddress(v, held.ID), fiber.StatusSeeOther)
}

func (s *Server) dossierCancel(c *fiber.Ctx, v *visit) error {
	held, err := s.dossier(c, v)
	if err != nil {
		return err
	}
	if err := s.Dossiers.Cancel(c.UserContext(), v.actor, held); err != nil {
		return err
	}
	return c.Redirect(dossierAddress(v, held.ID), fiber.StatusSeeOther)
}

// dossierReport shows the report as it is printed, its marks leading to the rows behind them.
func (s *Server) dossierReport(c *fiber.Ctx, v *visit) error {
	held, err := s.dossier(c, v)
	if err != nil {
		return err
	}
	d, err := s.Dossiers.Data(c.UserContext(), held.Thing)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	doc := content.Report(d, func(exhibit string) string { return "exhibits?of=" + url.QueryEscape(exhibit) })
	if err := document.WriteHTML(&page, doc); err != nil {
		return err
	}
	c.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleHash(page.Bytes())+"; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(page.Bytes())
}

var styleElement = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// styleHash allows the one block of rules that a printed page holds, and nothing else.
func styleHash(page []byte) string {
	rules := styleElement.FindSubmatch(page)
	if rules == nil {
		return "'none'"
	}
	sum := sha256.Sum256(rules[1])
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// index gives the exhibits of a dossier: of a sealed one, those that its file lists.
func (s *Server) index(c *fiber.Ctx, d dossier.Dossier) ([]content.IndexEntry, error) {
	if d.State != dossier.Sealed {
		data, err := s.Dossiers.Data(c.UserContext(), d)
		if err != nil {
			return nil, err
		}
		return content.Index(data), nil
	}
	body, err := s.packed(d, content.IndexName, 64<<20)
	if err != nil {
		return nil, err
	}
	var list []content.IndexEntry
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("read the index of dossier %s: %w", d.ID, err)
	}
	return list, nil
}

// packed reads one file out of a sealed dossier.
func (s *Server) packed(d dossier.Dossier, name string, limit int64) ([]byte, error) {
	file, err := s.Dossiers.Open(d)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("open dossier %s: %w", d.ID, err)
	}
	one, err := archive.Open(name)
	if err != nil {
		return nil, problem.NotFound("卷宗里的这份文件").Because(err)
	}
	defer one.Close()
	body, err := io.ReadAll(io.LimitReader(one, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = errors.New("too large")
	}
	return body, err
}

// mostExhibits is how many exhibits stand on one page.
const mostExhibits = 60

// dossierExhibits lists the rows and photos behind a mark: 证2 all of the plan's second task,
// 证2-015 that one, 数1 the answers of the first wave.
func (s *Server) dossierExhibits(c *fiber.Ctx, v *visit) error {
	held, err := s.dossier(c, v)
	if err != nil {
		return err
	}
	if of := c.Query("of"); strings.HasPrefix(of, "数") {
		return s.dossierAnswers(c, v, held.Thing, of)
	}
	list, err := s.index(c, held.Thing)
	if err != nil {
		return err
	}
	data := struct {
		dossier.Dossier
		Of          string
		Tasks       []taskExhibits
		Entries     []content.IndexEntry
		Total       int
		Counting    int
		Proven      int
		After, Next int
		Live        bool
	}{Dossier: held.Thing, Of: c.Query("of"), After: max(c.QueryInt("after"), 0), Live: v.may(auth.PlacementRead)}
	var entries []content.IndexEntry
	for _, e := range list {
		task, _, _ := strings.Cut(e.Name, "-")
		if n := len(data.Tasks); n == 0 || data.Tasks[n-1].Name != task {
			data.Tasks = append(data.Tasks, taskExhibits{Name: task, Task: e.Task})
		}
		data.Tasks[len(data.Tasks)-1].Count++
		if data.Of == "" || data.Of == task || data.Of == e.Name {
			entries = append(entries, e)
			if e.Counts {
				data.Counting++
			}
			if e.Proven {
				data.Proven++
			}
		}
	}
	if data.Of != "" && len(entries) == 0 {
		return problem.NotFound("编号“" + data.Of + "”的证据")
	}
	data.Total = len(entries)
	entries = entries[min(data.After, len(entries)):]
	if len(entries) > mostExhibits {
		entries, data.Next = entries[:mostExhibits], data.After+mostExhibits
	}
	data.Entries = entries
	return s.render(c, v, "dossiers_exhibits", "证据 "+data.Of, data)
}

// taskExhibits are those of one task, for the menu of the page.
type taskExhibits struct {
	Name, Task string
	Count      int
}

// dossierPhoto gives a photo of an exhibit: small, or with original=1 as it lies in the file.
func (s *Server) dossierPhoto(c *fiber.Ctx, v *visit) error {
	held, err := s.dossier(c, v)
	if err != nil {
		return err
	}
	if c.Query("name") == "" {
		return problem.Invalid("没有写明是哪张照片", "请从证据页点开照片。")
	}
	list, err := s.index(c, held.Thing)
	if err != nil {
		return err
	}
	for _, e := range list {
		for _, p := range e.Photos {
			if p.Name != c.Query("name") {
				continue
			}
			if c.Query("original") != "" {
				return s.dossierOriginal(c, v, held.Thing, p)
			}
			body, err := s.Ingest.PhotoCopy(c.UserContext(), placement.Photo{SHA256: p.SHA256}, ingest.Thumb, nil)
			if err != nil {
				return err
			}
			c.Set(fiber.HeaderContentType, "image/jpeg")
			c.Set(fiber.HeaderCacheControl, "private, max-age=3600")
			return c.Send(body)
		}
	}
	return problem.NotFound("这张照片")
}

// dossierOriginal gives the untouched file, which is never shown as a page.
func (s *Server) dossierOriginal(c *fiber.Ctx, v *visit, d dossier.Dossier, p content.IndexPhoto) error {
	file, err := s.Ingest.Originals().Open(p.SHA256)
	if err != nil {
		return err
	}
	if err := s.logRead(c, v, "dossier.photo", "dossier", d.ID); err != nil {
		file.Close()
		return err
	}
	c.Set(fiber.HeaderContentType, "application/octet-stream")
	c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(p.Path[strings.LastIndex(p.Path, "/")+1:]))
	return c.SendStream(readAndClose{io.NewSectionReader(file, 0, file.Size), file}, int(file.Size))
}

// readAndClose is a part of a file that closes it.
type readAndClose struct {
	io.Reader
	io.Closer
}

func (s *Server) dossierDownload(c *fiber.Ctx, v *visit) error {
	held, err := s.dossier(c, v)
	if err != nil {
		return err
	}
	file, err := s.Dossiers.Open(held.Thing)
	if err != nil {
		return err
	}
	return s.sendDossier(c, v, held.Thing, file)
}

func (s *Server) sendDossier(c *fiber.Ctx, v *visit, d dossier.Dossier, file *os.File) error {
	info, err := file.Stat()
	if err == nil {
		err = s.logRead(c, v, "dossier.export", "dossier", d.ID)
	}
	if err != nil {
		file.Close()
		return err
	}
	name := fmt.Sprintf("%s-验收卷宗-%s.zip", v.plan.Campaign.Short, d.Cutoff.In(shanghai).Format("20060102-1504"))
	c.Set(fiber.HeaderContentType, "application/zip")
	c.Set(fiber.HeaderContentDisposition, "attachment; filename=dossier.zip; filename*=UTF-8''"+url.PathEscape(name))
	return c.SendStream(file, int(info.Size()))
}

// reportJSON is a dossier as programs see it.
type reportJSON struct {
	ID      string    `json:"id"`
	State   string    `json:"state"`
	Cutoff  time.Time `json:"cutoff"`
	Percent int       `json:"percent"`
	Seconds int64     `json:"seconds_left,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	SHA256  string    `json:"sha256,omitempty"`
	Bytes   int64     `json:"bytes,omitempty"`
	Key     string    `json:"key,omitempty"`
	Program string    `json:"program,omitempty"`
}

func (s *Server) reportJSON(ctx context.Context, held revision.Held[dossier.Dossier]) reportJSON {
	d := held.Thing
	r := reportJSON{ID: d.ID, State: string(d.State), Cutoff: d.Cutoff, Reason: d.Reason, SHA256: d.SHA256, Bytes: d.Bytes, Key: d.Key, Program: d.Program}
	if pace, going := s.Dossiers.Pace(ctx, d); going {
		r.Percent, r.Seconds = pace.Percent(), int64(pace.Left(time.Now()).Seconds())
	}
	if d.State == dossier.Sealed {
		r.Percent = 100
	}
	return r
}

// apiReportStart drafts a dossier and begins to seal it.
func (s *Server) apiReportStart(c *fiber.Ctx, v *visit) error {
	one, err := s.Dossiers.Begin(c.UserContext(), v.actor, v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	held, err := s.Dossiers.Dossier(c.UserContext(), v.plan.Campaign.ID, one.ID)
	if err != nil {
		return err
	}
	if err := s.Dossiers.Seal(c.UserContext(), v.actor, held, held.Revision); err != nil {
		return err
	}
	held.Thing.State = dossier.Sealing
	c.Status(fiber.StatusAccepted)
	return c.JSON(s.reportJSON(c.UserContext(), held))
}

func (s *Server) apiReport(c *fiber.Ctx, v *visit) error {
	held, err := s.dossier(c, v)
	if err != nil {
		return err
	}
	return c.JSON(s.reportJSON(c.UserContext(), held))
}

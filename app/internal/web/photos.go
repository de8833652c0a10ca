package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/ingest"
	"shuixuan/ingest/photo"
)

func (s *Server) photoRoutes() []route {
	const get, post, c = fiber.MethodGet, fiber.MethodPost, "/c/:campaign"
	return []route{
		{post, c + "/placements/:id/photos", auth.PhotoAdd, s.photoAdd},
		{get, c + "/photos/:photo/thumb.jpg", auth.PhotoRead, s.photoCopy(ingest.Thumb)},
		{get, c + "/photos/:photo/screen.jpg", auth.PhotoRead, s.photoCopy(ingest.Screen)},
		{get, c + "/photos/:photo/marked.jpg", auth.PhotoRead, s.photoCopy(ingest.Marked)},
		{get, c + "/photos/:photo/original", auth.OriginalRead, s.photoOriginal},
		{post, c + "/photos/:photo/set-aside", auth.PhotoAdd, s.photoSetAside},
	}
}

// mostFiles is how many photos one form without scripts may send at once.
const mostFiles = 30

// photoLimit is the most bytes of an upload of photos; each file has its own limit.
const photoLimit = mostFiles * photo.MaxBytes

// isPhotoUpload tells an address that takes photos: thirty of them are one long body.
func isPhotoUpload(c *fiber.Ctx) bool { return strings.HasSuffix(c.Path(), "/photos") }

// sentPhotos are what an upload brought: what went in, and why something did not.
type sentPhotos struct {
	held    []placement.Photo
	created int
	faults  []problem.Fault
	refused error // the first refusal
}

// photoAdd takes photos of a placement. Our script sends one at a time and asks for JSON;
// a form without scripts sends several and gets the page.
func (s *Server) photoAdd(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "这条台账")
	if err != nil {
		return err
	}
	sent, err := s.takePhotos(c, v, id)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return s.tellPhoto(c, v, sent)
	}
	if sent.refused != nil {
		p, ok := problem.As(sent.refused)
		switch {
		case !ok:
			return sent.refused
		case len(sent.held) == 0 && len(sent.faults) == 1:
			return p
		}
		return problem.Invalid(fmt.Sprintf("收下了%d张照片，有%d张没有收下", len(sent.held), len(sent.faults)), "收下的不用再传。没有收下的请按下面的说明处理后再传。", sent.faults...)
	}
	done := "photographed"
	if sent.created == 0 {
		done = "photo-known"
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/placements/"+id.String()+"?done="+done+"#photos", fiber.StatusSeeOther)
}

// tellPhoto answers a program: 201 for a new photo, 200 for one that was here.
func (s *Server) tellPhoto(c *fiber.Ctx, v *visit, sent sentPhotos) error {
	if sent.refused != nil {
		return sent.refused
	}
	if sent.created > 0 {
		c.Status(fiber.StatusCreated)
	}
	return c.JSON(photoOf(v, sent.held[0]))
}

// takePhotos streams the files of a form into the intake, one after the other; nothing of
// them is held here. The fields that belong to a photo stand before it.
func (s *Server) takePhotos(c *fiber.Ctx, v *visit, id uuid.UUID) (sent sentPhotos, err error) {
	// Told before a long body is read; the intake asks again.
	if own := auth.UnitOf(v.actor, auth.PhotoAdd); own != "" {
		held, err := s.Placements.Placement(c.UserContext(), v.plan.Campaign.ID, id)
		p, told := problem.As(err)
		missing := told && p.Kind == problem.KindNotFound
		switch {
		case err != nil && !missing:
			return sent, err
		case missing && !ingest.PhotosFirst(id), !missing && string(held.Unit) != own:
			return sent, problem.NotFound("这条台账")
		}
	}
	_, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || params["boundary"] == "" {
		return sent, noPhoto(err)
	}
	fields, parts := url.Values{}, partLimit{}
	reader := multipart.NewReader(bodyStream(c), params["boundary"])
	for files := 0; ; {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return sent, problem.Invalid("照片没有传完", "可能网络中断了，请再上传一次，不会重复计数。").Because(err)
		}
		if part.FileName() == "" {
			value, err := parts.field(part, 1<<10)
			if err != nil {
				return sent, err
			}
			if part.FormName() != "file" { // a form sent without choosing one
				fields.Set(part.FormName(), value)
			}
			continue
		}
		if files++; files > mostFiles {
			return sent, problem.TooLarge(fmt.Sprintf("一次最多上传%d张照片", mostFiles), "前面的已经收下，其余的请再传一次。")
		}
		held, created, err := s.Ingest.Photo(s.waited(c), v.actor, v.plan, id, photoMeta(c, fields, part.FileName()), part)
		fields = url.Values{}
		if p, ok := problem.As(err); ok {
			if p.Kind == problem.KindNotFound || p.Kind == problem.KindUnavailable {
				return sent, err
			}
			sent.faults = append(sent.faults, problem.Fault{Field: part.FileName(), Why: fmt.Sprintf("“%s”：%s。%s", part.FileName(), p.Title, p.Detail)})
			if sent.refused == nil {
				sent.refused = err
			}
			continue
		}
		if err != nil {
			return sent, err
		}
		sent.held = append(sent.held, held)
		if created {
			sent.created++
		}
	}
	if len(sent.held)+len(sent.faults) == 0 {
		return sent, noPhoto(nil)
	}
	return sent, nil
}

func noPhoto(cause error) error {
	return problem.Invalid("没有收到照片", "请先拍照或选择照片，再上传。").Because(cause)
}

// photoMeta reads what stands beside a file. Only a page of ours can take a photo: what a
// program says of its camera is an upload.
func photoMeta(c *fiber.Ctx, fields url.Values, name string) ingest.PhotoMeta {
	m := ingest.PhotoMeta{File: name, Source: placement.FromUpload}
	if id, err := uuid.Parse(fields.Get("id")); err == nil {
		m.ID = id
	}
	if fields.Get("source") != string(placement.FromCamera) || bearer(c) != "" {
		return m
	}
	m.Source = placement.FromCamera
	number := func(name string) (float64, bool) {
		v, err := strconv.ParseFloat(fields.Get(name), 64)
		return v, err == nil
	}
	longitude, east := number("longitude")
	latitude, north := number("latitude")
	if east && north {
		m.Position = &placement.Position{Longitude: longitude, Latitude: latitude, Datum: placement.Datum(fields.Get("datum"))}
		if accuracy, ok := number("accuracy"); ok {
			m.Accuracy = &accuracy
		}
	}
	return m
}

// heldPhoto gives a photo if it is the visitor's to see; another unit's answers like none.
func (s *Server) heldPhoto(c *fiber.Ctx, v *visit, verb auth.Verb) (placement.Photo, error) {
	id, err := uuid.Parse(c.Params("photo"))
	if err != nil {
		return placement.Photo{}, problem.NotFound("这张照片")
	}
	p, err := s.Placements.Photo(c.UserContext(), v.plan.Campaign.ID, id)
	if err != nil {
		return p, err
	}
	if own := auth.UnitOf(v.actor, verb); own != "" && string(p.Unit) != own {
		return p, problem.NotFound("这张照片")
	}
	return p, nil
}

// photoCopy serves a copy. The browser keeps it for a day, for this person only; the
// right to it is asked for each time it comes back.
func (s *Server) photoCopy(kind ingest.Copy) handler {
	return func(c *fiber.Ctx, v *visit) error {
		p, err := s.heldPhoto(c, v, auth.PhotoRead)
		if err != nil {
			return err
		}
		var lines []string
		tag := p.SHA256[:20] + "-" + string(kind)
		if kind == ingest.Marked {
			if lines, err = s.markLines(c.UserContext(), v, p); err != nil {
				return err
			}
			tag += "-" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(lines, "\n"))).String()[:8]
		}
		c.Set(fiber.HeaderCacheControl, "private, max-age=86400")
		c.Set(fiber.HeaderETag, `"`+tag+`"`)
		if c.Get(fiber.HeaderIfNoneMatch) == `"`+tag+`"` {
			return c.SendStatus(fiber.StatusNotModified)
		}
		body, err := s.Ingest.PhotoCopy(c.UserContext(), p, kind, lines)
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, "image/jpeg")
		return c.Send(body)
	}
}

// markLines are what the marked copy bears: unit and place, time and where it is from.
func (s *Server) markLines(ctx context.Context, v *visit, p placement.Photo) ([]string, error) {
	first := v.plan.UnitName(p.Unit)
	held, err := s.Placements.Placement(ctx, p.Campaign, p.Placement)
	if gone, ok := problem.As(err); err != nil && (!ok || gone.Kind != problem.KindNotFound) {
		return nil, err
	}
	if err == nil {
		first += " · " + held.Place
	}
	second := photoTime(p)
	if v.plan.Campaign.Demo {
		second += " · 演示数据"
	}
	return []string{first, second}, nil
}

// photoTime says when a photo was taken, or that only its receipt is known.
func photoTime(p placement.Photo) string {
	switch {
	case p.TakenAt.IsZero(), slices.Contains(p.Reasons, placement.ReasonFuture):
		return momentText(p.RecordedAt) + " 收到"
	case p.Source == placement.FromCamera:
		return momentText(p.TakenAt) + " 拍摄"
	}
	return momentText(p.TakenAt) + " 拍摄（照片自带）"
}

// photoPlace says how far from the place a photo was taken, as far as that is known.
func photoPlace(p placement.Photo) string {
	var words []string
	if p.Distance != nil {
		words = append(words, fmt.Sprintf("距设置地点约%.0f米", *p.Distance))
	}
	if p.Accuracy != nil {
		words = append(words, fmt.Sprintf("定位误差%.0f米", *p.Accuracy))
	}
	return strings.Join(words, "，")
}

// photoOriginal sends the untouched file. It is a stranger's: it goes to the disk of who
// asks and is never shown within a page of ours.
func (s *Server) photoOriginal(c *fiber.Ctx, v *visit) error {
	p, err := s.heldPhoto(c, v, auth.OriginalRead)
	if err != nil {
		return err
	}
	file, err := s.Ingest.Originals().Open(p.SHA256)
	if err != nil {
		return err
	}
	if err := s.logRead(c, v, "photo.original", "photo", p.ID.String()); err != nil {
		file.Close()
		return err
	}
	ending := map[string]string{"jpeg": "jpg"}[p.Format]
	if ending == "" {
		ending = p.Format
	}
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderContentType, photo.Format(p.Format).ContentType())
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s.%s"`, p.SHA256[:16], ending))
	return c.SendStream(struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file, 0, file.Size), file}, int(file.Size))
}

// photoSetAside takes a photo out of what proves.
func (s *Server) photoSetAside(c *fiber.Ctx, v *visit) error {
	held, err := s.heldPhoto(c, v, auth.PhotoAdd)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	if _, err := s.Ingest.SetPhotoAside(c.UserContext(), v.actor, v.plan, held.ID, fields.Get("reason")); err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/placements/"+held.Placement.String()+"?done=photo-aside#photos", fiber.StatusSeeOther)
}

// photosPart is the part about photos of a placement's page and form.
type photosPart struct {
	Placement string // id, empty while a script has not made one
	Needed    int
	Why       string // of the number needed
	Interval  int    // days that a proof holds
	Kept      []photoView
	Aside     []photoView
	MayAdd    bool
	MayOpen   bool // originals
	Both      bool // twins are shown side by side
	Limit     int  // of a file in MB
	Form      bool // on the form: the rule follows the carrier
	Carriers  []campaign.Carrier
}

// photoView is a photo with its words.
type photoView struct {
	placement.Photo
	Why   []string
	Time  string
	Where string // how far from the place
	By    string
	Twins []twinView // empty for who may not know
}

// twinView is a photo of another placement that shows the same picture.
type twinView struct {
	placement.Photo
	Of    placement.Placement
	Words string
}

// photosOf gathers the photos of a placement with their words, and for the office the
// other placement of each that was used before.
func (s *Server) photosOf(ctx context.Context, v *visit, p placement.Placement, beside *besidePlacement) (photosPart, error) {
	part := photosPart{Placement: p.ID.String(), MayOpen: v.may(auth.OriginalRead), Limit: photo.MaxBytes >> 20,
		MayAdd: v.may(auth.PhotoAdd) && p.State != placement.Withdrawn && !v.actor.ReadOnly,
		Both:   auth.ReachOf(v.actor, auth.PhotoRead) == auth.All && v.actor.Role == audit.RoleOffice}
	for _, c := range v.plan.Carriers {
		if c.ID == p.Carrier {
			part.Needed, part.Why, part.Interval = c.Rule.Photos.Value, c.Rule.Photos.Source, c.Rule.Interval.Value
		}
	}
	for _, one := range beside.photos {
		if own := auth.UnitOf(v.actor, auth.PhotoRead); own != "" && string(one.Unit) != own {
			continue
		}
		view := photoView{Photo: one, Why: provenanceWords(one.Reasons), Time: photoTime(one), Where: photoPlace(one), By: beside.who(one.RecordedBy)}
		if part.Both {
			var err error
			if view.Twins, err = s.twinsOf(ctx, one); err != nil {
				return part, err
			}
		}
		if one.State == placement.PhotoKept {
			part.Kept = append(part.Kept, view)
		} else {
			part.Aside = append(part.Aside, view)
		}
	}
	return part, nil
}

// mostTwins is how many other placements are shown beside a photo.
const mostTwins = 3

func (s *Server) twinsOf(ctx context.Context, p placement.Photo) ([]twinView, error) {
	photos, err := s.Placements.PhotosOf(ctx, p.Campaign, p.Twins)
	if err != nil {
		return nil, err
	}
	var views []twinView
	for _, t := range photos[:min(len(photos), mostTwins)] {
		view := twinView{Photo: t, Words: "几乎一样"}
		if t.SHA256 == p.SHA256 || photo.Same(p.DHash, p.PHash, t.DHash, t.PHash) {
			view.Words = "同一张"
		}
		held, err := s.Placements.Placement(ctx, t.Campaign, t.Placement)
		if gone, ok := problem.As(err); err != nil && (!ok || gone.Kind != problem.KindNotFound) {
			return nil, err
		}
		view.Of = held
		views = append(views, view)
	}
	return views, nil
}

// provenanceWords says codes in words, those against the photo first as they are stored.
func provenanceWords(codes []string) []string {
	var words []string
	for _, code := range codes {
		if w := placement.ProvenanceWords[code]; w != "" {
			words = append(words, w)
		}
	}
	return words
}

// photoJSON is a photo as programs and our script are told. Which photos show the same
// picture is not among it: a unit may not know whose they are.
type photoJSON struct {
	ID         uuid.UUID             `json:"id"`
	Placement  uuid.UUID             `json:"placement"`
	State      placement.PhotoState  `json:"state"`
	Note       string                `json:"note"`
	SHA256     string                `json:"sha256"`
	Format     string                `json:"format"`
	Width      int                   `json:"width"`
	Height     int                   `json:"height"`
	Bytes      int64                 `json:"bytes"`
	File       string                `json:"file"`
	Source     placement.PhotoSource `json:"source"`
	TakenAt    *time.Time            `json:"taken_at"`
	Position   *placement.Position   `json:"position"`
	Accuracy   *float64              `json:"accuracy_m"`
	Distance   *float64              `json:"distance_m"`
	Device     string                `json:"device"`
	Grade      placement.Grade       `json:"grade"`
	GradeName  string                `json:"grade_name"`
	Reasons    []reasonJSON          `json:"reasons"`
	ProvesOn   *string               `json:"proves_on"`
	RecordedAt time.Time             `json:"recorded_at"`
	Thumb      string                `json:"thumb"` // addresses within this site
	Screen     string                `json:"screen"`
	Original   string                `json:"original"`
}

type reasonJSON struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

func photoOf(v *visit, p placement.Photo) photoJSON {
	base := "/c/" + p.Campaign + "/photos/" + p.ID.String()
	j := photoJSON{ID: p.ID, Placement: p.Placement, State: p.State, Note: p.Note, SHA256: p.SHA256, Format: p.Format, Width: p.Width, Height: p.Height,
		Bytes: p.Bytes, File: p.File, Source: p.Source, Position: p.Position, Accuracy: p.Accuracy, Distance: p.Distance, Device: p.Device,
		Grade: p.Grade, GradeName: placement.GradeNames[p.Grade], Reasons: []reasonJSON{}, ProvesOn: day(p.ProvesOn), RecordedAt: p.RecordedAt,
		Thumb: base + "/thumb.jpg", Screen: base + "/screen.jpg", Original: base + "/original"}
	if !p.TakenAt.IsZero() {
		j.TakenAt = &p.TakenAt
	}
	for _, code := range p.Reasons {
		j.Reasons = append(j.Reasons, reasonJSON{code, placement.ProvenanceWords[code]})
	}
	return j
}

// apiPhotos lists the photos of a placement, the oldest first, those set aside too.
func (s *Server) apiPhotos(c *fiber.Ctx, v *visit) error {
	p, err := s.heldPlacement(c, v)
	if err != nil {
		return err
	}
	all, err := s.photosJSON(c.UserContext(), v, []placement.Placement{p})
	if err != nil {
		return err
	}
	return list(c, all[p.ID])
}

func (s *Server) photosJSON(ctx context.Context, v *visit, placements []placement.Placement) (map[uuid.UUID][]photoJSON, error) {
	if !v.may(auth.PhotoRead) || len(placements) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(placements))
	for i, p := range placements {
		ids[i] = p.ID
	}
	photos, err := s.Placements.Photos(ctx, v.plan.Campaign.ID, ids)
	if err != nil {
		return nil, err
	}
	own := auth.UnitOf(v.actor, auth.PhotoRead)
	all := map[uuid.UUID][]photoJSON{}
	for id, list := range photos {
		for _, p := range list {
			if own == "" || string(p.Unit) == own {
				all[id] = append(all[id], photoOf(v, p))
			}
		}
	}
	return all, nil
}

// apiPhotoAdd takes one photo from a program.
func (s *Server) apiPhotoAdd(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "这条台账")
	if err != nil {
		return err
	}
	sent, err := s.takePhotos(c, v, id)
	if err != nil {
		return err
	}
	return s.tellPhoto(c, v, sent)
}

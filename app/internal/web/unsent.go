package web

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

type unsentPage struct {
	Limit    int // of a file, in MB
	Receipts []ingest.Head
	Problem  *problem.Problem
}

// unsentPage is the frame of one's own unsent records, which only the browser knows; the
// office takes over what others have exported.
func (s *Server) unsentPage(c *fiber.Ctx, v *visit) error { return s.showUnsent(c, v, nil) }

func (s *Server) showUnsent(c *fiber.Ctx, v *visit, p *problem.Problem) error {
	data := unsentPage{Limit: s.config.BodyLimit >> 20, Problem: p}
	if v.may(auth.ImportUnsent) {
		heads, err := s.Ingest.Receipts(c.UserContext(), v.plan.Campaign.ID, "", 100)
		if err != nil {
			return err
		}
		data.Receipts = slices.DeleteFunc(heads, func(h ingest.Head) bool { return h.Kind != ingest.Unsent })
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "unsent", "未送出的记录", data)
}

// unsentImport takes a file that a phone has exported. Each record goes through the intake
// under its own id, so what the phone sent meanwhile, or the same file again, counts once.
func (s *Server) unsentImport(c *fiber.Ctx, v *visit) error {
	if !isMultipart(c) {
		return s.showUnsent(c, v, noUnsent(nil))
	}
	u, err := s.upload(c)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showUnsent(c, v, p)
	}
	if err != nil {
		return err
	}
	defer u.file.Close()
	receipt, err := s.takeUnsent(c.UserContext(), v, u.file)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid && receipt == nil {
		return s.showUnsent(c, v, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect(fmt.Sprintf("/c/%s/imports/%s?done=imported", v.plan.Campaign.ID, receipt.ID), fiber.StatusSeeOther)
}

func noUnsent(cause error) *problem.Problem {
	p, _ := problem.As(problem.Invalid("没有收到文件", "请先选择对方导出的文件，再点导入。").Because(cause))
	return p
}

// takeUnsent takes every record of a file: sheets and placements first, then the photos of
// placements. Where the server itself fails it stops, and the file can be sent again.
func (s *Server) takeUnsent(ctx context.Context, v *visit, f ingest.File) (*ingest.Receipt, error) {
	head, records, err := ingest.ReadUnsent(f)
	if err != nil {
		return nil, err
	}
	if head.Campaign != v.plan.Campaign.ID {
		return nil, problem.Invalid("这份文件不是本活动的", "请切换到导出时所在的活动，再导入。")
	}
	people, err := s.accounts(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(records, func(a, b ingest.UnsentRecord) int { return unsentOrder(a) - unsentOrder(b) })
	r := &ingest.Receipt{ID: uuid.New(), Kind: ingest.Unsent, Campaign: v.plan.Campaign.ID, File: f.Name, SHA256: f.SHA256, Rows: len(records),
		Sender: v.actor, RecordedAt: s.clock().UTC(), Cells: map[int][]string{}}
	h := &handIn{server: s, visit: v, head: head, receipt: r}
	if person, known := people[head.Owner]; known && (person.Campaign == "" || person.Campaign == v.plan.Campaign.ID) {
		h.person = person
	}
	for _, record := range records {
		if err := h.take(ctx, record); err != nil {
			return nil, err
		}
	}
	return r, s.Ingest.KeepReceipt(ctx, v.actor, r)
}

func unsentOrder(r ingest.UnsentRecord) int {
	return slices.Index([]string{"sheet", "placement", "photo"}, r.Kind)
}

// handIn is one file of somebody's records on its way in.
type handIn struct {
	server  *Server
	visit   *visit
	head    ingest.UnsentHead
	person  auth.Person // who wrote them; without an id where no account is theirs
	receipt *ingest.Receipt
}

// name is who wrote the records, in words.
func (h *handIn) name() string {
	if h.person.ID != "" {
		return h.person.Name
	}
	return briefly(h.head.Name, 40)
}

// what says in words what a record is, who wrote it and when.
func (h *handIn) what(r ingest.UnsentRecord) string {
	thing := "记录"
	switch r.Kind {
	case "sheet":
		if thing = "问卷"; r.Number != "" {
			thing += " " + briefly(r.Number, 40) + " 号"
		}
	case "placement":
		thing = "台账“" + briefly(r.Place, 60) + "”"
	case "photo":
		if thing = "照片"; r.Name != "" {
			thing += "“" + briefly(r.Name, 40) + "”"
		}
	}
	when := ""
	if !r.At.IsZero() {
		when = "，设备时间" + momentText(r.At)
	}
	return thing + "（" + h.name() + when + "填）"
}

func briefly(text string, most int) string {
	text = strings.ToValidUTF8(text, "")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// take takes one record and writes its line of the receipt. An error is of the server.
func (h *handIn) take(ctx context.Context, r ingest.UnsentRecord) error {
	w := ingest.Waited{At: r.At, By: h.person.ID, Name: h.name(), Batch: h.receipt.ID}
	created, warning, err := false, h.warning(r), error(nil)
	switch ctx := ingest.WithWaited(ctx, w); {
	case r.Bad != nil || r.ID == uuid.Nil:
		err = problem.Invalid("这条记录读不出来", "请对方在设备上打开这条，重新保存后再导出。")
	case r.Kind == "sheet":
		created, err = h.sheet(ctx, r)
	case r.Kind == "placement":
		created, err = h.placement(ctx, r)
	case r.Kind == "photo":
		created, err = h.photo(ctx, r)
	default:
		err = problem.Invalid("不认识这种记录", "请先升级本系统，再导入一次。")
	}
	p, told := problem.As(err)
	switch {
	case err != nil && (!told || p.Kind == problem.KindUnavailable || p.Kind == problem.KindTooMany):
		return err
	case err != nil:
		why := p.Title + "。" + p.Detail
		if len(p.Faults) > 0 {
			words := make([]string, len(p.Faults))
			for i, f := range p.Faults {
				words[i] = f.Why
			}
			why = p.Title + "：" + strings.Join(words, "；")
		}
		h.receipt.Rejected = append(h.receipt.Rejected, ingest.Rejection{Row: r.Row, Heading: h.what(r), Why: why})
	case created:
		h.receipt.Accepted = append(h.receipt.Accepted, ingest.Accepted{Row: r.Row, ID: r.ID, What: h.what(r), Warning: warning})
	default:
		h.receipt.Known = append(h.receipt.Known, ingest.Skip{Row: r.Row, Why: h.what(r) + "：之前已经收到，没有重复计数"})
	}
	return nil
}

// warning tells what is doubtful of a record that is taken all the same.
func (h *handIn) warning(r ingest.UnsentRecord) string {
	var words []string
	if h.person.ID == "" {
		words = append(words, "填写人“"+h.name()+"”没有本活动的账号，按经手人登记")
	}
	if !r.At.IsZero() && !h.head.ExportedAt.IsZero() {
		now := h.server.clock()
		switch {
		case r.At.After(now.Add(mostSkew)):
			words = append(words, skewWords(now.Sub(r.At)))
		case r.At.After(h.head.ExportedAt.Add(mostSkew)):
			words = append(words, "填写时间晚于导出时间，设备的时钟中途改过，请核对填写的日期")
		}
	}
	if r.Kind == "photo" {
		words = append(words, "经文件转交的照片按上传的照片评定，不能证明是当场拍的")
	}
	return strings.Join(words, "；")
}

// fieldsOf are the fields of the record's form.
func fieldsOf(r ingest.UnsentRecord) url.Values {
	fields := url.Values{}
	for _, pair := range r.Values {
		fields.Add(pair[0], pair[1])
	}
	fields.Set("id", r.ID.String())
	return fields
}

func (h *handIn) sheet(ctx context.Context, r ingest.UnsentRecord) (bool, error) {
	work, err := h.server.fieldwork(ctx, h.visit.plan.Campaign.ID, survey.WaveID(r.Wave))
	if err != nil {
		return false, err
	}
	answers, faults := readResponse(fieldsOf(r), work.q)
	if len(faults) > 0 {
		return false, problem.Invalid("这份问卷不能保存", "请对方在设备上改正。", faults...)
	}
	answers.ID, answers.Distributor, answers.Unit = r.ID, h.person.ID, h.person.Unit
	if answers.Distributor == "" {
		answers.Distributor = h.name()
	}
	_, created, err := h.server.Ingest.Response(ctx, h.visit.actor, h.visit.plan, work.wave, work.q, answers)
	return created, err
}

func (h *handIn) placement(ctx context.Context, r ingest.UnsentRecord) (bool, error) {
	p, faults := readPlacement(fieldsOf(r), h.visit.plan)
	p.ID = r.ID
	// A clerk's form has no unit: it is the one they were of when they wrote it.
	if p.Unit == "" {
		p.Unit = org.UnitID(r.Unit)
	}
	if p.Unit == "" {
		p.Unit = org.UnitID(h.person.Unit)
	}
	if len(faults) > 0 {
		return false, problem.Invalid("这条还不能登记", "请对方在设备上改正。", append(faults, otherFaults(p.Validate(h.visit.plan), faults)...)...)
	}
	_, created, err := h.server.Ingest.Placement(ctx, h.visit.actor, h.visit.plan, p)
	return created, err
}

func (h *handIn) photo(ctx context.Context, r ingest.UnsentRecord) (bool, error) {
	_, err := h.server.Placements.Placement(ctx, h.visit.plan.Campaign.ID, r.Placement)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound {
		return false, problem.Invalid("这张照片所属的台账还没有登记", "先让那条台账登记上，再把这份文件导入一次，不会重复计数。")
	}
	if err != nil {
		return false, err
	}
	if len(r.File) == 0 {
		return false, problem.Invalid("这张照片没有内容", "请对方在设备上重新拍一张。")
	}
	name := r.Name
	if name == "" {
		name = "photo.jpg"
	}
	meta := ingest.PhotoMeta{ID: r.ID, File: name, Source: placement.FromUpload}
	_, created, err := h.server.Ingest.Photo(ctx, h.visit.actor, h.visit.plan, r.Placement, meta, bytes.NewReader(r.File))
	return created, err
}

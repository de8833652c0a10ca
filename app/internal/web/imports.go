package web

import (
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/dashboards/workbook"
	"shuixuan/ingest"
)

// importVerbs says which verb a kind of file asks for.
var importVerbs = map[ingest.Kind]auth.Verb{ingest.Placements: auth.ImportPlacement, ingest.Responses: auth.ImportResponse}

// kindNames are the kinds of files in words.
var kindNames = map[ingest.Kind]string{
	ingest.Placements: "宣传台账", ingest.Responses: "答卷", ingest.Units: "单位名单", ingest.Plan: "方案", ingest.Questions: "问卷", ingest.People: "人员名单",
	ingest.Unsent: "未送出的记录",
}

type importsPage struct {
	Receipts []ingest.Head
	Waves    []survey.Wave // that take answers
	Limit    int           // of a file, in MB
	Problem  *problem.Problem
}

// importsList offers the upload and lists earlier receipts of the visitor's own reach.
func (s *Server) importsList(c *fiber.Ctx, v *visit) error { return s.showImports(c, v, nil) }

func (s *Server) showImports(c *fiber.Ctx, v *visit, p *problem.Problem) error {
	heads, err := s.Ingest.Receipts(c.UserContext(), v.plan.Campaign.ID, auth.UnitOf(v.actor, auth.ReceiptRead), 100)
	if err != nil {
		return err
	}
	data := importsPage{Limit: s.config.BodyLimit >> 20, Problem: p}
	for _, h := range heads {
		if ownReceipt(v, &h.Receipt) {
			data.Receipts = append(data.Receipts, h)
		}
	}
	if data.Waves, err = s.openWaves(c, v); err != nil {
		return err
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "imports_list", "批量导入", data)
}

// openWaves are the waves that still take answers, for those who may give them.
func (s *Server) openWaves(c *fiber.Ctx, v *visit) ([]survey.Wave, error) {
	if !v.may(auth.ImportResponse) && !v.may(auth.ResponseEnter) {
		return nil, nil
	}
	waves, err := s.Surveys.Waves(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return nil, err
	}
	sortWaves(waves)
	var open []survey.Wave
	for _, w := range waves {
		if !w.Closed {
			open = append(open, w)
		}
	}
	return open, nil
}

// importUpload keeps the file and leads to its preview. Nothing is taken yet.
func (s *Server) importUpload(c *fiber.Ctx, v *visit) error {
	if !isMultipart(c) {
		return noFile(nil)
	}
	u, err := s.upload(c)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showImports(c, v, p)
	}
	if err != nil {
		return err
	}
	defer u.file.Close()
	values := url.Values{"kind": {u.fields.Get("kind")}, "wave": {u.fields.Get("wave")}, "file": {u.file.SHA256}, "name": {u.file.Name}}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/imports/preview?"+values.Encode(), fiber.StatusSeeOther)
}

// shownRows is how many rows of each outcome a page lists; the workbook has them all.
const shownRows = 200

type importPage struct {
	Kind     ingest.Kind
	KindName string
	Wave     string
	Sheet    string
	Receipt  *ingest.Receipt
	Accepted []ingest.Accepted
	Rejected []rejectedRow
	Known    []ingest.Skip
	Skipped  []ingest.Skip
	Warned   int
	Counts   importCounts
	Query    template.URL // of the preview, for its downloads
	Mappable bool         // the columns can be looked at and corrected
}

type importCounts struct{ Accepted, Rejected, Known, Skipped int }

// Hidden tells how many rows of a list aren't shown.
func (importPage) Hidden(shown, all int) int { return all - shown }

// rejectedRow is a row with all that is wrong in it.
type rejectedRow struct {
	Row    int
	Faults []ingest.Rejection
	Repeat bool // says the same as another: it can be sent again on purpose
	Cells  []string
}

func newImportPage(r *ingest.Receipt) importPage {
	p := importPage{Kind: r.Kind, KindName: kindNames[r.Kind], Receipt: r, Wave: r.Wave, Sheet: r.Sheet}
	p.Counts, p.Warned = importCounts{r.AcceptedRows(), r.RejectedRows(), r.AlreadyKnown, r.SkippedRows()}, r.WarnedRows()
	p.Accepted = r.Accepted[:min(shownRows, len(r.Accepted))]
	p.Known = r.Known[:min(shownRows, len(r.Known))]
	p.Skipped = r.Skipped[:min(shownRows, len(r.Skipped))]
	at := map[int]int{}
	for _, x := range r.Rejected {
		i, seen := at[x.Row]
		if !seen {
			if len(p.Rejected) == shownRows {
				continue
			}
			i = len(p.Rejected)
			at[x.Row] = i
			p.Rejected = append(p.Rejected, rejectedRow{Row: x.Row, Repeat: true, Cells: r.Cells[x.Row]})
		}
		p.Rejected[i].Faults = append(p.Rejected[i].Faults, x)
		p.Rejected[i].Repeat = p.Rejected[i].Repeat && x.Repeat
	}
	return p
}

// take runs a kept file through the intake.
func (s *Server) take(c *fiber.Ctx, v *visit, values url.Values, o ingest.Options) (*ingest.Receipt, error) {
	kind := ingest.Kind(values.Get("kind"))
	verb, known := importVerbs[kind]
	if !known {
		return nil, problem.Invalid("不知道这份文件里是什么", "请返回“批量导入”，选择是宣传台账还是答卷，再上传一次。")
	}
	if err := auth.Allow(v.actor, verb, v.plan.Campaign.ID); err != nil {
		return nil, err
	}
	file, err := s.Ingest.Originals().Open(values.Get("file"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	file.Name = values.Get("name")
	o.Sheet = values.Get("sheet")
	if kind == ingest.Placements {
		return s.Ingest.PlacementsFile(c.UserContext(), v.actor, v.plan, file, o)
	}
	wave, q, err := s.wave(c, v, values.Get("wave"))
	if err != nil {
		return nil, err
	}
	return s.Ingest.ResponsesFile(c.UserContext(), v.actor, v.plan, wave, q, file, o)
}

// previewValues are what names a preview in its address.
func previewValues(c *fiber.Ctx) url.Values {
	values := url.Values{}
	for _, name := range []string{"kind", "wave", "file", "name", "sheet"} {
		values.Set(name, c.Query(name))
	}
	return values
}

// importPreview shows row by row what would happen. It writes nothing, so it can be
// opened again and again.
func (s *Server) importPreview(c *fiber.Ctx, v *visit) error {
	values := previewValues(c)
	receipt, err := s.take(c, v, values, ingest.Options{DryRun: true})
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid && mappable(values) {
		return s.showMapping(c, v, values, p)
	}
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showImports(c, v, p)
	}
	if err != nil {
		return err
	}
	data := newImportPage(receipt)
	data.Query, data.Mappable = template.URL(values.Encode()), mappable(values)
	return s.render(c, v, "imports_preview", "导入预览", data)
}

// importPreviewRejected sends the rows that would come back, before anything is taken.
func (s *Server) importPreviewRejected(c *fiber.Ctx, v *visit) error {
	receipt, err := s.take(c, v, previewValues(c), ingest.Options{DryRun: true})
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	if err := s.logRead(c, v, "receipt.export", "batch", ""); err != nil {
		return err
	}
	return s.download(c, "需要改正的行.xlsx", func(w io.Writer) error { return workbook.Rejected(ctx, w, receipt) })
}

// importCommit takes the very bytes that were shown.
func (s *Server) importCommit(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	again := map[int]bool{}
	for _, row := range fields["again"] {
		if n, err := strconv.Atoi(row); err == nil {
			again[n] = true
		}
	}
	receipt, err := s.take(c, v, fields, ingest.Options{Again: again})
	if err != nil {
		return err
	}
	return c.Redirect(fmt.Sprintf("/c/%s/imports/%s?done=imported", v.plan.Campaign.ID, receipt.ID), fiber.StatusSeeOther)
}

// heldReceipt gives a receipt that is the visitor's to see.
func (s *Server) heldReceipt(c *fiber.Ctx, v *visit) (*ingest.Receipt, error) {
	id, err := pathID(c, "这份回执")
	if err != nil {
		return nil, err
	}
	receipt, err := s.Ingest.Receipt(c.UserContext(), v.plan.Campaign.ID, id)
	if err != nil {
		return nil, err
	}
	if !ownReceipt(v, receipt) {
		return nil, problem.NotFound("这份回执")
	}
	return receipt, nil
}

// importShow shows a receipt again.
func (s *Server) importShow(c *fiber.Ctx, v *visit) error {
	receipt, err := s.heldReceipt(c, v)
	if err != nil {
		return err
	}
	if receipt.Kind == ingest.Unsent {
		return s.render(c, v, "unsent_receipt", "导入回执", newImportPage(receipt))
	}
	return s.render(c, v, "imports_show", "导入回执", newImportPage(receipt))
}

// importRejected sends the rejected rows as a workbook with the reason beside each.
func (s *Server) importRejected(c *fiber.Ctx, v *visit) error {
	receipt, err := s.heldReceipt(c, v)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	if err := s.logRead(c, v, "receipt.export", "batch", receipt.ID.String()); err != nil {
		return err
	}
	return s.download(c, "退回的行.xlsx", func(w io.Writer) error { return workbook.Rejected(ctx, w, receipt) })
}

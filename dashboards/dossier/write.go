package dossier

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/placement"
	"shuixuan/dashboards"
	"shuixuan/dashboards/document"
	"shuixuan/dashboards/handover"
	"shuixuan/dashboards/safecsv"
	"shuixuan/dashboards/seal"
)

// The folders of a package.
const (
	reportFolder  = "报告"
	exhibitFolder = "证据"
	formFolder    = "问卷"
	dataFolder    = "数据"
)

// IndexName is the list of exhibits that the program's own pages read.
const IndexName = exhibitFolder + "/index.json"

// Sources give what is too large to be held, or is made elsewhere.
type Sources struct {
	// Original gives the bytes of a photo as it came, Small a small JPEG of it.
	Original func(ctx context.Context, p placement.Photo) (io.ReadCloser, error)
	Small    func(ctx context.Context, p placement.Photo) ([]byte, error)
	// PDF prints a page of HTML; nil where this machine can't. Then pages are put in as they are.
	PDF func(ctx context.Context, html []byte) ([]byte, error)
	// Workbook writes the report workbook.
	Workbook func(ctx context.Context, w io.Writer) error
	// Handover gives the data of a wave.
	Handover func(ctx context.Context, one *Wave) (*handover.Data, error)
	// Receipts writes what was answered to every file that came in, as CSV.
	Receipts func(ctx context.Context, w io.Writer) error
}

// Step tells how far the writing is.
type Step func(done, of int64, doing string)

// Steps is how many steps Write makes: the larger parts, and each original.
func Steps(d *Data) int64 {
	n := int64(3) + 2*int64(len(d.Waves)) + int64(len(contactSheets(d)))
	for _, e := range d.Exhibits {
		n += int64(len(e.Photos))
	}
	return n
}

// writing is a package on its way.
type writing struct {
	ctx   context.Context
	d     *Data
	src   Sources
	z     *seal.Writer
	step  Step
	done  int64
	steps int64
}

// Write puts all files of a dossier into the package, one after the other as a stream. The
// caller closes it.
func Write(ctx context.Context, z *seal.Writer, d *Data, src Sources, step Step) error {
	w := &writing{ctx: ctx, d: d, src: src, z: z, step: step, steps: Steps(d)}
	for _, part := range []func() error{w.readme, w.report, w.exhibits, w.forms, w.data} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// next begins a part.
func (w *writing) next(doing string) error {
	w.step(w.done, w.steps, doing)
	w.done++
	return w.ctx.Err()
}

func (w *writing) file(name string, write func(io.Writer) error) error {
	out, err := w.z.Create(name)
	if err != nil {
		return err
	}
	if err := write(out); err != nil {
		return fmt.Errorf("dossier: %s: %w", name, err)
	}
	return w.ctx.Err()
}

func (w *writing) readme() error {
	return w.file("说明.txt", func(out io.Writer) error {
		lines := []string{
			w.d.Plan.Campaign.Name, "验收卷宗，截至" + w.d.Cutoff.In(beijing).Format("2006年1月2日15时04分05秒") + "（北京时间）。", "",
			reportFolder + "：情况报告（.docx 可以用 Word、WPS 打开，.pdf 用于打印）和汇总工作簿。",
			exhibitFolder + "：证据目录、照片目录、照片原件、审核经过、收件回执。编号与报告中的〔证〕号一致。",
			formFolder + "：空白问卷和回收情况。",
			dataFolder + "：报告中〔数〕号所指的答卷（.csv、.sav）、编码本、抽样设计和 reproduce.R。用 R 运行 reproduce.R，可以重新算出报告中的调查数字。", "",
			"核验：shuixuan verify 文件名；或在系统的核验页选择本文件。manifest.json 列出每个文件的 SHA-256，manifest.sig 是它的 Ed25519 签名。",
			"请不要改动或重新压缩本文件，改动后核验会指出。",
		}
		if w.d.Plan.Campaign.Demo {
			lines[0] = "【演示数据，不反映任何真实情况】" + lines[0]
		}
		_, err := io.WriteString(out, "\ufeff"+strings.Join(lines, "\r\n")+"\r\n")
		return err
	})
}

func (w *writing) report() error {
	if err := w.next("情况报告"); err != nil {
		return err
	}
	if err := w.document(reportFolder+"/情况报告", Report(w.d, nil)); err != nil {
		return err
	}
	if err := w.next("汇总工作簿"); err != nil {
		return err
	}
	return w.file(reportFolder+"/汇总工作簿.xlsx", func(out io.Writer) error { return w.src.Workbook(w.ctx, out) })
}

// document writes a document as .docx, and as .pdf or the page that one is made of.
func (w *writing) document(name string, doc document.Document) error {
	if err := w.file(name+".docx", func(out io.Writer) error { return document.WriteDocx(out, doc) }); err != nil {
		return err
	}
	var page strings.Builder
	if err := document.WriteHTML(&page, doc); err != nil {
		return err
	}
	return w.print(name, []byte(page.String()))
}

func (w *writing) print(name string, page []byte) error {
	if w.src.PDF == nil {
		return w.file(name+".html", func(out io.Writer) error { _, err := out.Write(page); return err })
	}
	pdf, err := w.src.PDF(w.ctx, page)
	if err != nil {
		return err
	}
	return w.file(name+".pdf", func(out io.Writer) error { _, err := out.Write(pdf); return err })
}

func (w *writing) exhibits() error {
	if err := w.next("证据目录"); err != nil {
		return err
	}
	if err := w.file(exhibitFolder+"/证据目录.csv", func(out io.Writer) error { return exhibitTable(out, w.d) }); err != nil {
		return err
	}
	if err := w.file(exhibitFolder+"/审核经过.csv", func(out io.Writer) error { return historyTable(out, w.d) }); err != nil {
		return err
	}
	if err := w.file(exhibitFolder+"/材料目录.csv", func(out io.Writer) error { return materialTable(out, w.d) }); err != nil {
		return err
	}
	if w.src.Receipts != nil {
		if err := w.file(exhibitFolder+"/收件回执.csv", func(out io.Writer) error { return w.src.Receipts(w.ctx, out) }); err != nil {
			return err
		}
	}
	if err := w.file(IndexName, func(out io.Writer) error { return json.NewEncoder(out).Encode(Index(w.d)) }); err != nil {
		return err
	}
	for i, sheet := range contactSheets(w.d) {
		if err := w.next(sheet.Title); err != nil {
			return err
		}
		page, err := sheet.html(w.ctx, w.src.Small)
		if err != nil {
			return err
		}
		if err := w.print(fmt.Sprintf("%s/照片目录-%02d", exhibitFolder, i+1), page); err != nil {
			return err
		}
	}
	return w.originals()
}

func (w *writing) originals() error {
	for _, e := range w.d.Exhibits {
		for i, p := range e.Photos {
			if err := w.next("照片原件"); err != nil {
				return err
			}
			out, err := w.z.Stored(originalName(e, i, p))
			if err != nil {
				return err
			}
			body, err := w.src.Original(w.ctx, p)
			if err != nil {
				return fmt.Errorf("dossier: photo %s of %s: %w", p.ID, e.Name, err)
			}
			_, err = io.Copy(out, body)
			if err := firstOf(err, body.Close()); err != nil {
				return fmt.Errorf("dossier: photo %s of %s: %w", p.ID, e.Name, err)
			}
		}
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// originalName is where an exhibit's photo lies. Those that speak for the placement are
// numbered as on the contact sheets, the others after them.
func originalName(e Exhibit, i int, p placement.Photo) string {
	ending := map[string]string{"jpeg": "jpg"}[p.Format]
	if ending == "" {
		ending = p.Format
	}
	return exhibitFolder + "/原件/" + photoNames(e)[i] + "." + ending
}

// photoNames numbers an exhibit's photos: kept ones 证1-001-1 …, those set aside 证1-001-作废1 ….
func photoNames(e Exhibit) []string {
	names := make([]string, len(e.Photos))
	kept, aside := 0, 0
	for i, p := range e.Photos {
		if p.State == placement.PhotoKept {
			kept++
			names[i] = PhotoName(e.Name, kept)
			continue
		}
		aside++
		names[i] = e.Name + "-作废" + strconv.Itoa(aside)
	}
	return names
}

func (w *writing) forms() error {
	for i := range w.d.Waves {
		one := &w.d.Waves[i]
		if err := w.next(one.Wave.Name + "：问卷"); err != nil {
			return err
		}
		folder := formFolder + "/" + seal.Clean(string(one.Wave.ID))
		if err := w.document(folder+"-空白问卷", Form(w.d, one)); err != nil {
			return err
		}
		if err := w.file(folder+"-回收情况.csv", func(out io.Writer) error { return returnTable(out, one) }); err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) data() error {
	if err := w.file(AnswersName, func(out io.Writer) error { return json.NewEncoder(out).Encode(AnswersOf(w.d)) }); err != nil {
		return err
	}
	for i := range w.d.Waves {
		one := &w.d.Waves[i]
		if err := w.next(one.Wave.Name + "：数据"); err != nil {
			return err
		}
		data, err := w.src.Handover(w.ctx, one)
		if err != nil {
			return fmt.Errorf("dossier: data of %s: %w", one.Wave.ID, err)
		}
		folder := waveFolder(*one) + "/"
		for _, f := range []struct {
			name  string
			write func(io.Writer) error
		}{
			{handover.ResponsesFile, func(out io.Writer) error { return data.Responses(w.ctx, out) }},
			{handover.SavFile, func(out io.Writer) error { return data.Sav(w.ctx, out) }},
			{handover.CodebookFile, data.Codebook},
			{handover.CodebookBookFile, data.CodebookWorkbook},
			{handover.DesignFile, func(out io.Writer) error { return data.Design(w.ctx, out) }},
			{handover.TotalsFile, data.Totals},
			{handover.FiguresFile, func(out io.Writer) error { return data.Figures(out, w.figures(one)) }},
			{handover.ScriptFile, data.Script},
		} {
			if err := w.file(folder+f.name, f.write); err != nil {
				return err
			}
		}
	}
	return nil
}

// figures are all figures of a wave that the report and the workbook print.
func (w *writing) figures(one *Wave) []handover.Figure {
	list := handover.OfIndicators(one.Questionnaire, one.Indicators, analytics.Stratum)
	list = append(list, handover.OfWeighted(one.Questionnaire, one.Weighted)...)
	for _, d := range one.Distributions {
		list = append(list, handover.OfDistribution(d, w.d.Plan.Campaign.Settings.SumTo100.Value)...)
	}
	return list
}

// IndexEntry is an exhibit as the program's pages read it out of a sealed package.
type IndexEntry struct {
	Name      string       `json:"name"`
	Placement string       `json:"placement"` // id
	Task      string       `json:"task"`
	Unit      string       `json:"unit"`
	UnitName  string       `json:"unit_name"`
	Place     string       `json:"place"`
	What      string       `json:"what"`
	Span      string       `json:"span"`
	State     string       `json:"state"`
	Proof     string       `json:"proof"`
	Counts    bool         `json:"counts"`
	Proven    bool         `json:"proven"`
	Photos    []IndexPhoto `json:"photos"`
}

// IndexPhoto is a photo of an exhibit. SHA256 is that of the original.
type IndexPhoto struct {
	Name   string `json:"name"`
	Path   string `json:"path"` // in the package
	SHA256 string `json:"sha256"`
	Words  string `json:"words"`
}

// Index lists the exhibits.
func Index(d *Data) []IndexEntry {
	list := []IndexEntry{}
	for _, e := range d.Exhibits {
		p := e.Placement
		one := IndexEntry{Name: e.Name, Placement: p.ID.String(), Task: string(p.Task), Unit: string(p.Unit), UnitName: d.Plan.UnitName(p.Unit), Place: p.Place,
			What: carrierOf(d.Plan, p) + " " + number(p.Quantity) + p.Measure, Span: spanOf(d, p), State: placement.StateNames[p.State], Proof: StandingWords(d, e),
			Counts: e.Counts(), Proven: e.Counts() && e.Standing.State.Counts(), Photos: []IndexPhoto{}}
		for i, photo := range e.Photos {
			words := "证明" + civil(photo.ProvesOn) + "，" + placement.GradeNames[photo.Grade]
			if photo.State == placement.PhotoSetAside {
				words = "已作废：" + photo.Note
			}
			one.Photos = append(one.Photos, IndexPhoto{Name: photoNames(e)[i], Path: originalName(e, i, photo), SHA256: photo.SHA256, Words: words})
		}
		list = append(list, one)
	}
	return list
}

func spanOf(d *Data, p placement.Placement) string {
	if p.End.IsZero() {
		return civil(p.Start) + "起，" + dashboards.Words(d.Plan).End
	}
	return civil(p.Start) + "至" + civil(p.End)
}

func exhibitTable(out io.Writer, d *Data) error {
	t := safecsv.New(out)
	t.Write([]string{"编号", "任务", "责任单位", "宣传形式", "地点", "数量", "计量单位", "宣传时间", "审核状态", "在位证明", "照片（张）", "巡查（次）", "计入数字", "系统编号"})
	for _, e := range d.Exhibits {
		p := e.Placement
		counts := "否"
		if e.Counts() {
			counts = "是"
		}
		t.Write([]string{e.Name, string(p.Task), d.Plan.UnitName(p.Unit), carrierOf(d.Plan, p), p.Place, number(p.Quantity), p.Measure, spanOf(d, p),
			placement.StateNames[p.State], StandingWords(d, e), strconv.Itoa(len(e.Kept())), strconv.Itoa(len(e.Inspections)), counts, p.ID.String()})
	}
	return t.Close()
}

// historyTable tells every step of every exhibit: what was logged, changed, judged and found.
func historyTable(out io.Writer, d *Data) error {
	t := safecsv.New(out)
	t.Write([]string{"编号", "时间（北京时间）", "步骤", "状态", "数量", "理由和说明"})
	at := "2006-01-02 15:04:05"
	for _, e := range d.Exhibits {
		for i, p := range e.History {
			step := "修改"
			if i == 0 {
				step = "登记"
			} else if p.State != e.History[i-1].State {
				step = placement.StateNames[p.State]
			}
			why := p.Note
			if name := placement.ReasonNames[placement.Reason(p.Reason)]; name != "" {
				why = strings.TrimSuffix(name+"："+p.Note, "：")
			}
			t.Write([]string{e.Name, p.RecordedAt.In(beijing).Format(at), step, placement.StateNames[p.State], number(p.Quantity) + p.Measure, why})
		}
		for i, p := range e.Photos {
			how := placement.GradeNames[p.Grade]
			if p.State == placement.PhotoSetAside {
				how = "作废：" + p.Note
			}
			t.Write([]string{e.Name, p.RecordedAt.In(beijing).Format(at), "照片" + photoNames(e)[i], how, "", "SHA-256 " + p.SHA256})
		}
		for _, one := range e.Inspections {
			t.Write([]string{e.Name, one.RecordedAt.In(beijing).Format(at), "巡查（" + civil(one.FoundOn) + "）", placement.FindingNames[one.Finding], "", strings.Trim(placement.DefectWords(one.Defects)+"；"+one.Note, "；")})
		}
	}
	return t.Close()
}

// materialTable is the index by the inspection's own list of indicators, or, where the campaign
// has none, by the tasks of the plan.
func materialTable(out io.Writer, d *Data) error {
	list := d.Plan.Campaign.Settings.Materials
	source := list.Source
	if len(list.Value) == 0 {
		source = "没有设置检查验收的指标清单，按方案的任务列出"
		for _, t := range d.Plan.Tasks {
			list.Value = append(list.Value, campaign.Material{Code: string(t.Code), Title: t.Title, Tasks: []campaign.TaskCode{t.Code}})
		}
		list.Value = append(list.Value, campaign.Material{Code: "问卷调查", Title: "公众知晓与满意", Survey: true})
	}
	t := safecsv.New(out)
	t.Write([]string{"指标", "名称", "证据编号", "点位", "其中已证明", "照片（张）", "文件", "指标清单的依据"})
	for _, m := range list.Value {
		var names, files []string
		points, proven, photos := 0, 0, 0
		for _, code := range m.Tasks {
			of := d.Of(code, "")
			if len(of) == 0 {
				names = append(names, string(code)+"：没有登记")
				continue
			}
			names = append(names, of[0].Name+"至"+of[len(of)-1].Name)
			for _, e := range of {
				if !e.Counts() {
					continue
				}
				points++
				photos += len(e.Kept())
				if e.Standing.State.Counts() {
					proven++
				}
			}
		}
		if len(m.Tasks) > 0 {
			files = append(files, exhibitFolder+"/证据目录.csv", exhibitFolder+"/原件")
		}
		if m.Survey {
			for _, one := range d.Waves {
				files = append(files, formFolder+"/"+string(one.Wave.ID)+"-空白问卷", dataFolder+"/"+string(one.Wave.ID))
			}
		}
		t.Write([]string{m.Code, m.Title, strings.Join(names, "；"), strconv.Itoa(points), strconv.Itoa(proven), strconv.Itoa(photos), strings.Join(files, "；"), source})
	}
	return t.Close()
}

func returnTable(out io.Writer, one *Wave) error {
	t := safecsv.New(out)
	t.Write([]string{"人群", "印制", "发出", "收回", "有效：完整", "有效：部分", "拒答", "不符合条件", "作废", "重复", "过期", "损坏遗失", "收回未录入", "编号外的答卷", "有疑问"})
	for _, r := range append(one.Returns.Strata[:len(one.Returns.Strata):len(one.Returns.Strata)], one.Returns.Total) {
		label := r.Label
		if label == "" {
			label = "合计"
		}
		row := []string{label}
		for _, n := range []int64{r.Printed, r.Issued, r.Returned, r.Complete, r.Partial, r.Refused, r.Ineligible, r.Void, r.Duplicate, r.Late, r.Spoiled, r.Open, r.Elsewhere, r.Doubtful} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		t.Write(row)
	}
	return t.Close()
}

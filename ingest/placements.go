package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/ingest/sheet"
)

// headSearch is how many rows from the top may come before the heading is over.
const headSearch = 30

// ledgerFields are the headings of a ledger as departments write them. A heading is
// compared without spaces, width and what stands in brackets behind it.
var ledgerFields = map[string][]string{
	"no":        {"序号", "编号", "原行号"},
	"unit":      {"责任单位", "填报单位", "单位名称", "牵头单位", "实施单位", "报送单位"},
	"task":      {"任务", "任务代码", "任务编号", "工作任务", "宣传任务", "所属任务", "机制", "任务名称"},
	"carrier":   {"宣传形式", "形式", "宣传载体", "载体", "宣传方式", "类型", "载体类型"},
	"place":     {"设置地点", "地点", "位置", "具体位置", "地址", "宣传地点", "设置位置", "点位"},
	"quantity":  {"数量", "设置数量", "宣传数量", "完成数量"},
	"measure":   {"计量单位", "数量单位", "量词", "单位"},
	"area_m2":   {"面积", "总面积", "面积m2", "面积平方米"},
	"size":      {"规格", "尺寸", "规格尺寸"},
	"start":     {"宣传时间/开始", "开始", "开始时间", "开始日期", "起始时间", "起始日期", "设置时间", "设置日期", "上刊日期"},
	"end":       {"宣传时间/结束", "结束", "结束时间", "结束日期", "终止时间", "截止时间", "截止日期", "下刊日期"},
	"flight":    {"宣传时间", "起止时间", "起止日期", "宣传期限", "时间"},
	"longitude": {"经度"},
	"latitude":  {"纬度"},
	"datum":     {"坐标系", "坐标类型"},
	"remark":    {"备注", "说明", "其他说明"},

	"permit":       {"许可编号", "许可证号", "许可证编号", "设置许可编号", "审批文号"},
	"permit_until": {"许可到期", "许可到期日", "许可到期日期", "许可期限", "许可截止日期"},
	"hoarding_m2":  {"围挡面积", "围挡总面积"},

	"returned": {"退回原因"},
}

// ledgerField matches headings as departments write them, and the campaign's own words
// for its tasks and units, with which our template is headed.
func ledgerField(words campaign.Words) func(text string) (string, bool) {
	own := map[string]string{org.Fold(words.Task): "task", org.Fold(words.Unit): "unit"}
	return func(text string) (string, bool) {
		if field, ok := commonField(text); ok {
			return field, true
		}
		field, ok := own[org.Fold(text)]
		return field, ok
	}
}

// commonField matches one heading that any campaign may have.
func commonField(text string) (string, bool) {
	folded := org.Fold(strings.ReplaceAll(text, "·", "/"))
	for _, bracket := range []string{"(", "[", "【"} {
		folded, _, _ = strings.Cut(folded, bracket)
	}
	for field, names := range ledgerFields {
		if slices.Contains(names, folded) {
			return field, true
		}
	}
	return "", false
}

// ledger is one sheet being read as placements.
type ledger struct {
	plan   *campaign.Plan
	actor  audit.Actor
	again  map[int]bool
	dates  sheet.DateOptions
	header sheet.Header
	column map[string]sheet.Column
	now    time.Time

	receipt *Receipt
	rows    []placement.Placement
	first   map[string]int // fingerprint → row of its first appearance in the sheet
	count   map[string]uint16
}

// PlacementsFile takes a ledger. A dry run reads and checks everything and writes
// nothing: its receipt is the preview.
func (in *Ingest) PlacementsFile(ctx context.Context, actor audit.Actor, plan *campaign.Plan, f File, o Options) (*Receipt, error) {
	now := in.clock().UTC().Truncate(time.Millisecond)
	l := &ledger{plan: plan, actor: actor, again: o.Again, now: now, first: map[string]int{}, count: map[string]uint16{},
		receipt: &Receipt{ID: uuid.New(), Kind: Placements, Campaign: plan.Campaign.ID, File: f.Name, SHA256: f.SHA256,
			DryRun: o.DryRun, Sender: actor, RecordedAt: now, Cells: map[int][]string{}}}
	if err := l.read(ctx, f, o.Sheet); err != nil {
		return nil, err
	}
	if o.DryRun {
		return l.receipt, in.preview(ctx, l)
	}
	_, err := in.placements.Commit(ctx, &batch[placement.Placement]{
		Rows: l.rows,
		Events: func(results []outcome[placement.Placement]) []audit.Event {
			l.settle(in.statesOf(ctx, results), results)
			return []audit.Event{l.receipt.event(actor)}
		},
		Receipt: l.receipt,
	})
	return l.receipt, err
}

// preview settles a dry run by what the table holds now.
func (in *Ingest) preview(ctx context.Context, l *ledger) error {
	b := &batch[placement.Placement]{Rows: l.rows}
	if _, err := in.sortOut(ctx, []*batch[placement.Placement]{b}); err != nil {
		return err
	}
	l.settle(in.statesOf(ctx, b.results), b.results)
	return nil
}

// statesOf gives the states of the rows of a file that were known. They are for the words
// of the receipt alone: where they can't be read the rows are told as known.
func (in *Ingest) statesOf(ctx context.Context, results []outcome[placement.Placement]) map[uuid.UUID]placement.State {
	var ids []uuid.UUID
	for _, r := range results {
		if r.Err == nil && !r.Created {
			ids = append(ids, r.Row.ID)
		}
	}
	states := map[uuid.UUID]placement.State{}
	for part := range slices.Chunk(ids, lookup) {
		held, err := in.standing.Placements(ctx, results[0].Row.Campaign, part)
		if err != nil {
			return states
		}
		for id, p := range held {
			states[id] = p.State
		}
	}
	return states
}

// settle tells the receipt which rows were there before.
func (l *ledger) settle(states map[uuid.UUID]placement.State, results []outcome[placement.Placement]) {
	knownRows, taken := map[int]string{}, map[int]error{}
	for i, r := range results {
		row := l.rows[i].Origin.Row
		switch {
		case r.Err != nil:
			taken[row] = r.Err
		case !r.Created:
			knownRows[row] = "这一行在" + r.Row.RecordedAt.In(shanghai).Format("2006年1月2日 15:04") + "已登记过，" + knownWords(states[r.Row.ID], l.plan.Campaign.Words.Office)
		}
	}
	l.receipt.settle(knownRows, taken)
}

// knownWords say what became of a row that was there before. A file can't mend what was
// returned: it would be taken for the old row, unchanged.
func knownWords(state placement.State, office string) string {
	switch state {
	case placement.Returned:
		return "现在是“已退回”，再传一次不算修改：请在页面上打开这条台账，按退回原因改好后再次提交"
	case placement.Withdrawn:
		return "后来撤回了，没有重新登记：撤回错了，请" + office + "重新打开；确实是另外一处，请勾选“不是重复，仍要登记”"
	case placement.TakenDown:
		return "后来登记了拆除，没有重新登记：确实重新设置了，请填写新的开始日期"
	}
	return "没有重复登记"
}

// read finds the sheet with a ledger's heading and reads it to its end.
func (l *ledger) read(ctx context.Context, f File, name string) error {
	book, err := sheet.Open(ctx, f, f.Size, f.Name, sheet.DefaultLimits())
	if err != nil {
		return fileProblem(err)
	}
	defer book.Close()
	l.dates = book.Dates()
	if name == "" {
		if name, err = l.sheetOf(ctx, book); err != nil {
			return fileProblem(err)
		}
	}
	if err := l.readSheet(ctx, book, name); err != nil {
		return fileProblem(err)
	}
	l.first, l.count = nil, nil // done with: the memory is wanted for the insert
	return nil
}

// sheetOf finds the one sheet that holds a ledger. Where several do the sender says
// which: taking the first would leave the others out without a word.
func (l *ledger) sheetOf(ctx context.Context, book *sheet.Book) (string, error) {
	var found []string
	for _, name := range book.Sheets() {
		rows, err := book.Rows(ctx, name)
		if err != nil {
			return "", err
		}
		_, _, ok, err := l.head(rows)
		rows.Close()
		if err != nil {
			return "", err
		}
		if ok {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return "", noLedger()
	case 1:
		return found[0], nil
	}
	var faults []problem.Fault
	for _, name := range found {
		faults = append(faults, problem.Fault{Field: "sheet", Why: name})
	}
	return "", problem.Invalid("这份文件里有"+strconv.Itoa(len(found))+"张工作表都像台账", "请选择要导入哪一张，一次导入一张。", faults...)
}

func noLedger() error {
	return problem.Invalid("没有找到台账的表头",
		"表头至少要有“任务”“宣传形式”“设置地点”“数量”“开始时间”中的三项，并且在前30行之内。可以先下载模板，把内容粘贴到模板里再上传。")
}

// head reads the rows in which the heading stands.
func (l *ledger) head(rows *sheet.Rows) ([]sheet.Row, sheet.Header, bool, error) {
	var head []sheet.Row
	for len(head) < headSearch && rows.Next() {
		head = append(head, rows.Row())
	}
	header, ok := sheet.FindHeader(head, ledgerField(l.plan.Campaign.Words), 3)
	return head, header, ok, rows.Err()
}

func (l *ledger) readSheet(ctx context.Context, book *sheet.Book, name string) error {
	rows, err := book.Rows(ctx, name)
	if err != nil {
		return err
	}
	defer rows.Close()
	head, header, ok, err := l.head(rows)
	if err != nil {
		return err
	}
	if !ok {
		return noLedger()
	}
	l.begin(name, header)
	last := header.Rows[len(header.Rows)-1]
	for _, row := range head {
		if row.Number > last {
			l.take(row)
		}
	}
	for rows.Next() {
		l.take(rows.Row())
	}
	return rows.Err()
}

func (l *ledger) begin(name string, header sheet.Header) {
	l.header, l.column = header, map[string]sheet.Column{}
	r := l.receipt
	r.Sheet, r.HeaderRows = name, header.Rows
	for _, c := range header.Columns {
		for len(r.Header) <= c.Index {
			r.Header = append(r.Header, "")
		}
		r.Header[c.Index] = c.Text
		if c.Field == "" {
			r.ColumnsNotStored = append(r.ColumnsNotStored, c.Text)
			continue
		}
		l.column[c.Field] = c
	}
	// 单位 means the measure word beside 责任单位, and the unit where no such column is.
	if m, ok := l.column["measure"]; ok && m.Text == "单位" {
		if _, has := l.column["unit"]; !has {
			delete(l.column, "measure")
			l.column["unit"] = m
		}
	}
}

// take sorts one row into accepted, rejected or skipped.
func (l *ledger) take(row sheet.Row) {
	r := l.receipt
	r.Rows++
	if why := l.skip(row); why != "" {
		r.Skipped = append(r.Skipped, Skip{Row: row.Number, Why: why})
		return
	}
	p, warnings, faults := l.parse(row)
	if len(faults) == 0 {
		faults = l.repeated(&p, row.Number)
	}
	if len(faults) > 0 {
		cells := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			cells[i] = c.Text
			if c.Text == "" && c.Formula != "" {
				cells[i] = "=" + c.Formula
			}
		}
		r.Cells[row.Number] = cells
		r.Rejected = append(r.Rejected, faults...)
		return
	}
	l.rows = append(l.rows, p)
	r.Accepted = append(r.Accepted, Accepted{Row: row.Number, ID: p.ID, Warning: strings.Join(warnings, "；"), Placed: l.placed(p)})
}

// placed is the row in words.
func (l *ledger) placed(p placement.Placement) *Placed {
	placed := &Placed{Unit: l.plan.UnitName(p.Unit), Task: string(p.Task), Carrier: p.CarrierText, Place: p.Place,
		Quantity: p.Quantity, Measure: p.Measure, AreaM2: p.AreaM2, Start: p.Start.Format(time.DateOnly)}
	if !p.End.IsZero() {
		end := p.End.Format(time.DateOnly)
		placed.End = &end
	}
	return placed
}

var totals = []string{"小计", "合计", "总计", "共计", "累计"}

// skip says why a row holds nothing to take; empty when it does.
func (l *ledger) skip(row sheet.Row) string {
	if row.Empty() {
		return "空行"
	}
	for _, c := range row.Cells {
		text := sheet.Normalize(c.Text)
		if text == "" || c.Merged {
			continue
		}
		for _, word := range totals {
			if compact := strings.Join(strings.Fields(text), ""); strings.HasPrefix(compact, word) || strings.HasSuffix(compact, word) && len([]rune(compact)) <= 12 {
				return "“" + text + "”行是合计，不作为一条台账"
			}
		}
		if strings.HasPrefix(text, "示例") || strings.HasPrefix(text, "例：") {
			return "示例行"
		}
		break // only the first filled cell names a total
	}
	filled, named := 0, 0
	for _, c := range l.header.Columns {
		if cell := row.Cell(c.Index); !cell.Blank() && !cell.Merged {
			filled++
			if org.Fold(cell.Text) == org.Fold(c.Text) {
				named++
			}
		}
	}
	if filled > 2 && named == filled {
		return "重复的表头"
	}
	return ""
}

// repeated refuses a row that says the same as an earlier one of the sheet, unless
// it is sent again on purpose, and gives the placement its id.
func (l *ledger) repeated(p *placement.Placement, row int) []Rejection {
	content := p.Fingerprint()
	first, seen := l.first[content]
	switch {
	case l.again[row]: // also the first of the sheet: it repeats what came by another file
		l.count[content]++
		p.Again = l.count[content]
	case seen:
		return []Rejection{{Row: row, Repeat: true, Why: fmt.Sprintf("与第%d行内容相同，没有重复登记。如果确实是另外一处，请在预览中勾选“仍要登记”，或在备注以外的栏目中写明区别", first)}}
	}
	if !seen {
		l.first[content] = row
	}
	p.ID = p.ContentID()
	return nil
}

// cell gives the cell of a field; ok is false where the sheet has no such column.
func (l *ledger) cell(row sheet.Row, field string) (sheet.Cell, bool) {
	c, ok := l.column[field]
	if !ok {
		return sheet.Cell{}, false
	}
	return row.Cell(c.Index), true
}

func (l *ledger) text(row sheet.Row, field string) string {
	c, _ := l.cell(row, field)
	return sheet.Normalize(c.Text)
}

// parse reads one row. Every fault of the row is told at once.
func (l *ledger) parse(row sheet.Row) (placement.Placement, []string, []Rejection) {
	p := placement.Placement{Campaign: l.plan.Campaign.ID, Revision: 1, State: placement.Submitted, RecordedAt: l.now, RecordedBy: l.actor.ID,
		Origin:      placement.Origin{Batch: l.receipt.ID, File: l.receipt.File, Sheet: l.receipt.Sheet, Row: row.Number},
		CarrierText: l.text(row, "carrier"), Place: l.text(row, "place"), Size: l.text(row, "size"), Remark: l.text(row, "remark")}
	s := &rowState{ledger: l, row: row, p: &p, told: map[string]bool{}}
	s.who()
	s.what()
	s.when()
	s.permit()
	s.where()
	for _, f := range append(p.Validate(l.plan), p.AfterClosing(l.plan)...) {
		s.fault(f.Field, f.Why)
	}
	if l.actor.Role == audit.RoleUnit && p.Unit != "" && p.Unit != org.UnitID(l.actor.Unit) {
		s.fault("unit", fmt.Sprintf("您只能登记本单位（%s）的台账，这一行没有登记", l.plan.UnitName(org.UnitID(l.actor.Unit))))
	}
	return p, s.warnings, s.faults
}

// rowState gathers what is said of one row. One fault per field is enough: the first
// is the closest to what the person wrote.
type rowState struct {
	*ledger
	row      sheet.Row
	p        *placement.Placement
	told     map[string]bool
	faults   []Rejection
	warnings []string
}

func (s *rowState) fault(field, why string) {
	if s.told[field] {
		return
	}
	s.told[field] = true
	s.faults = append(s.faults, Rejection{Row: s.row.Number, Field: field, Heading: s.column[field].Text, Why: why})
}

func (s *rowState) warn(text string) { s.warnings = append(s.warnings, text) }

// who finds unit and task.
func (s *rowState) who() {
	words := s.plan.Campaign.Words
	switch name := s.text(s.row, "unit"); {
	case name == "" && s.actor.Unit != "":
		s.p.Unit = org.UnitID(s.actor.Unit)
	case name != "":
		if u, ok := s.plan.Units.Resolve(name); ok {
			s.p.Unit = u.ID
		} else {
			s.fault("unit", fmt.Sprintf("“%s”不在本活动的%s名单中，名称相近的有：%s。写错的请改正；确应加入的，请%s在“单位”页面添加后重新上传",
				name, words.Unit, strings.Join(s.plan.Units.Nearest(name, 3), "、"), words.Office))
		}
	}
	name := s.text(s.row, "task")
	if t, ok := s.plan.ResolveTask(name); ok {
		s.p.Task = t.Code
	} else if name != "" {
		s.fault("task", fmt.Sprintf("“%s”不是本活动的%s，请填写%s代码，例如“%s”", name, words.Task, words.Task, s.exampleTask()))
	} else if own := s.plan.TasksOf(s.p.Unit); s.p.Unit != "" && len(own) == 1 {
		s.p.Task = own[0].Code
		s.warn(fmt.Sprintf("没有填写%s，按该单位唯一的%s“%s”登记", words.Task, words.Task, own[0].Code))
	}
}

func (s *rowState) exampleTask() string {
	if own := s.plan.TasksOf(s.p.Unit); s.p.Unit != "" && len(own) > 0 {
		return string(own[0].Code)
	}
	if len(s.plan.Tasks) > 0 {
		return string(s.plan.Tasks[0].Code)
	}
	return ""
}

// what reads carrier, quantity with its measure word, and area.
func (s *rowState) what() {
	carrier, listed := s.plan.ResolveCarrier(s.p.CarrierText)
	s.p.Carrier = carrier.ID
	cell, _ := s.cell(s.row, "quantity")
	if cell.Formula != "" {
		s.fault("quantity", (&sheet.CellError{Fault: sheet.NotComputed, Text: cell.Formula}).Why())
	}
	q, err := sheet.ParseQuantity(cell.Text)
	if err != nil {
		s.fault("quantity", why(err))
	}
	if cell.Computed {
		s.warn("数量是没有保存结果的公式，已按公式算出")
	}
	s.p.Quantity = q.Value
	s.measure(q.Measure, carrier, listed)
	s.p.AreaM2 = s.area("area_m2", "面积")
	s.p.HoardingM2 = s.area("hoarding_m2", "围挡面积")
}

// area reads an area in square metres; nil where none is written, or none can be read.
func (s *rowState) area(field, name string) *float64 {
	cell, ok := s.cell(s.row, field)
	if !ok || cell.Blank() {
		return nil
	}
	area, err := sheet.ParseQuantity(cell.Text)
	switch {
	case err != nil:
		s.fault(field, why(err))
	case !slices.Contains([]string{"", "平方米", "㎡", "m2", "平米", "平方"}, strings.ToLower(area.Measure)):
		s.fault(field, fmt.Sprintf("%s的单位“%s”不认识，请换算成平方米后只填数字", name, area.Measure))
	default:
		return &area.Value
	}
	return nil
}

// permit reads the permit. That one is missing is no reason to refuse the row.
func (s *rowState) permit() {
	s.p.Permit = s.text(s.row, "permit")
	cell, ok := s.cell(s.row, "permit_until")
	if !ok || cell.Blank() {
		return
	}
	day, err := sheet.ParseDate(cell, s.dates)
	if err != nil {
		s.fault("permit_until", why(err))
	}
	s.p.PermitUntil = day
}

// measure settles the measure word: behind the number, in its own column, in the
// heading of the quantity (数量（块）), or the usual one of the carrier.
func (s *rowState) measure(behind string, carrier campaign.Carrier, listed bool) {
	own := s.text(s.row, "measure")
	switch {
	case behind != "" && own != "" && behind != own:
		s.fault("measure", fmt.Sprintf("数量里写的是“%s”，计量单位栏写的是“%s”，请改成一致", behind, own))
		s.p.Measure = own
	case own != "":
		s.p.Measure = own
	case behind != "":
		s.p.Measure = behind
	default:
		if _, inside, ok := strings.Cut(org.Fold(s.column["quantity"].Text), "("); ok {
			s.p.Measure = strings.TrimSuffix(inside, ")")
		} else if listed {
			s.p.Measure = carrier.Measures[0]
			s.warn(fmt.Sprintf("没有填写计量单位，按“%s”登记", s.p.Measure))
		}
	}
}

// when reads the flight.
func (s *rowState) when() {
	if cell, ok := s.cell(s.row, "start"); ok {
		day, err := sheet.ParseDate(cell, s.dates)
		if err != nil {
			s.fault("start", why(err))
		}
		s.p.Start = day
	}
	if cell, ok := s.cell(s.row, "end"); ok {
		day, open, err := s.end(cell)
		switch {
		case sheet.FaultOf(err) == sheet.Missing:
			s.warn(fmt.Sprintf("没有填写结束日期，按“%s”登记", s.plan.Campaign.Words.End))
		case err != nil:
			s.fault("end", why(err))
		case !open:
			s.p.End = day
		}
	}
	if _, ok := s.column["start"]; !ok {
		s.flight()
	}
}

// end reads an end, which may be what this campaign calls an open one (至试点总结);
// in a period its 至 was cut off.
func (s *rowState) end(cell sheet.Cell) (day time.Time, open bool, err error) {
	word, text := org.Fold(s.plan.Campaign.Words.End), org.Fold(cell.Text)
	if text != "" && (text == word || text == strings.TrimPrefix(word, "至")) {
		return time.Time{}, true, nil
	}
	return sheet.ParseEnd(cell, s.dates)
}

// flight reads a period from one cell: 2014年9月5日至验收结束, 2014.9.5—2014.12.31.
func (s *rowState) flight() {
	cell, ok := s.cell(s.row, "flight")
	if !ok {
		return
	}
	text := sheet.Normalize(cell.Text)
	for _, mark := range []string{"至", "到", "——", "—", "~", "～", "--"} {
		if from, to, cut := strings.Cut(text, mark); cut {
			cell.Text, cell.Number = from, false
			if day, open, err := s.end(sheet.Cell{Text: to}); err != nil {
				s.fault("flight", why(err))
			} else if !open {
				s.p.End = day
			}
			break
		}
	}
	day, err := sheet.ParseDate(cell, s.dates)
	if err != nil {
		s.fault("flight", why(err))
		s.told["start"] = true
	}
	s.p.Start = day
}

// where reads the position.
func (s *rowState) where() {
	longitude, latitude := s.text(s.row, "longitude"), s.text(s.row, "latitude")
	if longitude == "" && latitude == "" {
		return
	}
	position := &placement.Position{Datum: datum(s.text(s.row, "datum"))}
	var err, err2 error
	position.Longitude, err = strconv.ParseFloat(longitude, 64)
	position.Latitude, err2 = strconv.ParseFloat(latitude, 64)
	if errors.Join(err, err2) != nil {
		s.fault("longitude", "经度和纬度要同时填写，并且都是数字，例如 116.7712 和 36.1803；不清楚时请都留空")
		return
	}
	if position.Datum == "" {
		s.fault("datum", "填写了经纬度，请同时写明坐标系：wgs84（手机定位）、gcj02（高德、腾讯地图）或 bd09（百度地图）")
		return
	}
	s.p.Position = position
}

func datum(text string) placement.Datum {
	folded := strings.ReplaceAll(strings.ReplaceAll(org.Fold(text), "-", ""), "_", "")
	switch {
	case strings.Contains(folded, "wgs84"), strings.Contains(folded, "gps"):
		return placement.WGS84
	case strings.Contains(folded, "gcj02"), strings.Contains(folded, "高德"), strings.Contains(folded, "腾讯"):
		return placement.GCJ02
	case strings.Contains(folded, "bd09"), strings.Contains(folded, "百度"):
		return placement.BD09
	}
	return placement.Datum(folded)
}

// why is the sentence of a cell's error.
func why(err error) string {
	var cell *sheet.CellError
	if errors.As(err, &cell) {
		return cell.Why()
	}
	return err.Error()
}

// fileProblem turns what is wrong with a whole file into words.
func fileProblem(err error) error {
	var file *sheet.FileError
	if !errors.As(err, &file) {
		return err
	}
	title := "这份文件读不了"
	if file.Fault == sheet.FileTooLarge {
		return problem.TooLarge(title, file.Why()).Because(err)
	}
	p := problem.Invalid(title, file.Why()).Because(err)
	if file.Row > 0 {
		p.Faults = []problem.Fault{{Row: file.Row, Why: file.Why()}}
	}
	return p
}

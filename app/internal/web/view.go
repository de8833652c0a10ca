package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	"shuixuan/ingest"
)

// views are the page templates, each parsed with the layout and the shared parts (files
// whose name begins with an underscore).
type views struct {
	dev    bool
	assets *assets
	pages  map[string]*template.Template
}

// embeddedViews are parsed once in a process: what is embedded doesn't change, and to parse
// and escape it takes half of what a server takes to open.
var embeddedViews = sync.OnceValues(func() (*views, error) { return newViews(false) })

// openViews gives the views, of which those for work on them are read anew.
func openViews(dev bool) (*views, error) {
	if dev {
		return newViews(true)
	}
	return embeddedViews()
}

func newViews(dev bool) (*views, error) {
	a, err := newAssets(dev)
	if err != nil {
		return nil, err
	}
	v := &views{dev: dev, assets: a}
	sub, err := fs.Sub(embedded, "views")
	if err != nil {
		return nil, err
	}
	v.pages, err = v.parse(sub)
	return v, err
}

func (v *views) parse(from fs.FS) (map[string]*template.Template, error) {
	shared, err := template.New("").Funcs(v.functions()).ParseFS(from, "_*.html")
	if err != nil {
		return nil, fmt.Errorf("parse views: %w", err)
	}
	names, err := fs.Glob(from, "[a-z]*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		one, err := shared.Clone()
		if err != nil {
			return nil, err
		}
		if one, err = one.ParseFS(from, name); err != nil {
			return nil, fmt.Errorf("parse view %s: %w", name, err)
		}
		pages[strings.TrimSuffix(path.Base(name), ".html")] = one
	}
	return pages, nil
}

func (v *views) page(name string) (*template.Template, error) {
	pages := v.pages
	if v.dev {
		var err error
		if pages, err = v.parse(os.DirFS(devFolder + "/views")); err != nil {
			return nil, err
		}
	}
	if t := pages[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("there is no view %q", name)
}

// functions are what templates may call: words for values, nothing that computes.
func (v *views) functions() template.FuncMap {
	return template.FuncMap{
		"asset":     v.assets.address,
		"date":      dateText,
		"moment":    momentText,
		"second":    func(t time.Time) string { return t.In(shanghai).Format("2006-01-02 15:04:05") },
		"isoDate":   isoDate,
		"quantity":  quantityText,
		"people":    func(n int) string { return quantityText(float64(n)) },
		"join":      func(sep string, list []string) string { return strings.Join(list, sep) },
		"megabytes": megabytes,
		"json": func(value any) (string, error) {
			b, err := json.Marshal(value)
			return string(b), err
		},
		"add":       func(a, b int) int { return a + b },
		"minusInt":  func(a, b int) int { return a - b },
		"minus":     func(a, b float64) string { return quantityText(a - b) },
		"carrier":   carrierText,
		"area":      areaText,
		"flight":    flightText,
		"flagName":  func(f placement.Flag) string { return placement.FlagNames[f] },
		"flags":     func() []placement.Flag { return placement.Flags },
		"reasons":   reasonOptions,
		"metres":    metresText,
		"list":      func(words ...string) []string { return words },
		"position":  positionText,
		"stands":    standsOn,
		"why":       provenanceWords,
		"gradeName": func(g placement.Grade) string { return placement.GradeNames[g] },
		"states":    func() []placement.State { return placement.States },
		"stateName": func(s placement.State) string { return placement.StateNames[s] },
		"thingKind": audit.KindName,
		"kind":      func(k ingest.Kind) string { return kindNames[k] },
		"other":     otherOption,
		"howName":   func(how string) string { return survey.DispositionNames[survey.Disposition(how)] },
		"rule":      questionRule,
		"before":    func(all []survey.Question, name string) *survey.Question { return neighbour(all, name, -1) },
		"after":     func(all []survey.Question, name string) *survey.Question { return neighbour(all, name, 1) },
		"panel":     func(p *page, b boardData, one dashboards.Panel) panelData { return panelData{p, b, one} },
		"column":    func(columns []dashboards.Column, i int) bool { return i < len(columns) && columns[i].Numeric },
		"cellOf":    linkedCell,
		"string":    func(value any) string { return fmt.Sprint(value) },
		"csrf":      csrf,
		"device":    deviceName,
		"part":      func(page *page, data any) partial { return partial{page, data} },
		"has": func(list []string, one string) bool {
			for _, s := range list {
				if s == one {
					return true
				}
			}
			return false
		},

		"findingName": func(f placement.Finding) string { return placement.FindingNames[f] },
		"defectName":  func(d placement.Defect) string { return placement.DefectNames[d] },
		"defects":     func() []placement.Defect { return placement.Defects },
	}
}

// partial gives a shared part its own data beside the page's.
type partial struct {
	Page *page
	Data any
}

// panelData gives a panel its page and its board.
type panelData struct {
	Page  *page
	Board boardData
	Panel dashboards.Panel
}

// linkedCell gives a cell with its address: its own link, or in the first column the
// row's. Links are relative to the campaign.
func linkedCell(base string, row dashboards.Row, i int) dashboards.Cell {
	cell := row.Cells[i]
	if cell.Link == "" && i == 0 {
		cell.Link = row.Link
	}
	if cell.Link != "" {
		cell.Link = base + "/" + strings.TrimPrefix(cell.Link, "/")
	}
	return cell
}

// otherOption gives the option that asks for words, nil where there is none.
func otherOption(q survey.Question) *survey.Option {
	if option, ok := q.OtherOption(); ok {
		return &option
	}
	return nil
}

// neighbour gives the question before or after one, nil at the ends.
func neighbour(all []survey.Question, name string, step int) *survey.Question {
	for i, q := range all {
		if q.Name == name && i+step >= 0 && i+step < len(all) {
			return &all[i+step]
		}
	}
	return nil
}

// deviceName says in words what a browser says of itself; unknown ones keep their own.
func deviceName(agent string) string {
	pick := func(list [][2]string) string {
		for _, one := range list {
			if strings.Contains(agent, one[0]) {
				return one[1]
			}
		}
		return ""
	}
	system := pick([][2]string{{"iPhone", "苹果手机"}, {"iPad", "苹果平板"}, {"HarmonyOS", "鸿蒙"}, {"Android", "安卓"}, {"Windows", "Windows 电脑"}, {"Macintosh", "苹果电脑"}, {"Linux", "Linux 电脑"}})
	browser := pick([][2]string{{"MicroMessenger", "微信"}, {"DingTalk", "钉钉"}, {"Edg/", "Edge"}, {"360SE", "360浏览器"}, {"QQBrowser", "QQ浏览器"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}})
	switch {
	case system != "" && browser != "":
		return system + " · " + browser
	case system+browser != "":
		return system + browser
	case agent == "":
		return "不知道是什么设备"
	}
	return agent
}

func dateText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}

func isoDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// momentText is an instant as a wall clock in Shanghai shows it.
func momentText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(shanghai).Format("2006-01-02 15:04")
}

// quantityText prints a number without needless zeros: 12, 0.5, 1,200.
func quantityText(q float64) string {
	if math.IsNaN(q) {
		return ""
	}
	s := strconv.FormatFloat(q, 'f', -1, 64)
	whole, rest, found := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		return whole + "." + rest
	}
	return whole
}

// page is what every template is given.
type page struct {
	Title     string
	Actor     audit.Actor
	Campaign  *campaign.Campaign
	Plan      *campaign.Plan
	Base      string // address of the campaign
	Nav       []navItem
	Done      string // what was just done, in words
	Version   string
	Reference string
	FormToken string // see csrf
	Aged      int    // days since the password was set, where the setting warns of it
	Today     time.Time
	Data      any
}

// May tells whether the visitor holds a verb, so that no button is shown that would be
// refused.
func (p *page) May(verb string) bool { return auth.May(p.Actor, auth.Verb(verb)) }

// ByLink tells a visitor without an account.
func (p *page) ByLink() bool { return auth.ByLink(p.Actor) }

// Who names the visitor's place in the campaign.
func (p *page) Who() string {
	if p.Actor.Unit != "" && p.Plan != nil {
		for _, u := range p.Plan.Units.Units() {
			if string(u.ID) == p.Actor.Unit {
				return u.Name
			}
		}
	}
	switch p.Actor.Role {
	case audit.RoleUnit:
		return ""
	}
	return auth.RoleNames[p.Actor.Role]
}

type navItem struct {
	Label  string
	Path   string
	Active bool
	More   bool  // stands in the menu at the end of the row
	Count  int64 // of what waits there, 0 for none
}

// NavMore is the menu at the end of the row: what a campaign is set up with, which is needed
// seldom. It is nil where a role has none; while one of its pages is open, it is named after it.
func (p *page) NavMore() *navItem {
	var more *navItem
	for _, n := range p.Nav {
		if n.More && (more == nil || n.Active) {
			more = &navItem{Label: "设置", Active: n.Active}
			if n.Active {
				more.Label += " · " + n.Label
			}
		}
	}
	return more
}

// menuPage is a page that a menu leads to, for those who hold its verb.
type menuPage struct {
	label, path string
	verb        auth.Verb
}

// navigation lists the pages of each role in the order of their work.
var navigation = map[audit.Role][]menuPage{
	audit.RoleOffice: {
		{"总览", "/overview", auth.OverviewRead}, {"覆盖", "/coverage", auth.CoverageRead}, {"审核", "/review", auth.PlacementReview}, {"催办", "/late", auth.LateRead},
		{"宣传台账", "/placements", auth.PlacementRead}, {"数量", "/totals", auth.PlacementRead}, {"地图", "/map", auth.PlacementRead}, {"日历", "/calendar", auth.PlacementRead},
		{"调查", "/waves", auth.SurveyRead}, {"问卷", "/questionnaires", auth.QuestionnairePut}, {"抽查", "/checks", auth.CheckRead}, {"预检", "/rehearsal", auth.RehearsalRead}, {"验收卷宗", "/dossiers", auth.DossierRead},
		{"导入", "/imports", auth.ReceiptRead},
	},
	audit.RoleUnit: {
		{"我的任务", "/tasks", auth.TaskRead}, {"登记", "/placements/new", auth.PlacementLog},
		{"本单位台账", "/placements", auth.PlacementRead}, {"地图", "/map", auth.PlacementRead}, {"日历", "/calendar", auth.PlacementRead}, {"数量", "/totals", auth.PlacementRead},
		{"批量导入", "/imports", auth.ReceiptRead},
	},
	audit.RoleDistributor: {
		{"录入问卷", "/entry", auth.ResponseEnter}, {"我领的问卷", "/sheets", auth.SheetRead}, {"填写链接", "/links", auth.LinkRead}, {"批量导入", "/imports", auth.ReceiptRead},
	},
	audit.RoleInspector: {
		{"开放内容", "/opened", auth.CampaignRead}, {"覆盖", "/coverage", auth.CoverageRead}, {"数量", "/totals", auth.PlacementRead}, {"地图", "/map", auth.PlacementRead},
		{"日历", "/calendar", auth.PlacementRead}, {"宣传台账", "/placements", auth.PlacementRead}, {"问卷", "/waves", auth.SurveyRead}, {"现场抽查", "/checks", auth.CheckRead}, {"验收卷宗", "/dossiers", auth.DossierRead},
	},
	audit.RoleAuditor: {
		{"审计记录", "/audit", auth.AuditRead},
	},
	audit.RoleAdmin: {
		{"账号", "/people", auth.PeopleRead}, {"令牌", "/tokens", auth.TokenPut}, {"单位", "/units", auth.UnitRead},
	},
}

// settings are the office's pages that are needed seldom, see NavMore.
var settings = []menuPage{
	{"方案", "/plan", auth.PlanRead}, {"单位", "/units", auth.UnitRead}, {"账号", "/people", auth.PeopleRead},
	{"填写链接", "/links", auth.LinkRead}, {"审计记录", "/audit", auth.AuditRead},
}

// doneWords are the sentences after something was done; an address carries the key only.
var doneWords = map[string]string{
	"photographed": "照片已收下。",
	"photo-known":  "这张照片之前已经收下，没有重复计数。",
	"photo-aside":  "这张照片不再作为依据，记录和原因会保留。",
	"logged":       "已登记。",
	"repeated":     "这条之前已经登记过，没有重复计数。",
	"revised":      "修改已保存，原来的内容留在变更记录里。",
	"withdraw":     "已撤回，不再计入任何统计。",
	"takedown":     "已登记拆除，拆除日及以前的天数仍计入统计。",
	"reopen":       "已重新打开，等待审核。",
	"accepted":     "已通过。",
	"returned":     "已退回，单位修改后会再次出现在审核里。",
	"judged":       "这条之前已经审核过，没有重复计数。",
	"drafted":      "草稿已保存，本单位的同事也可以接着填。",
	"discarded":    "草稿已删去。",

	"resubmit":        "已再次提交，等待审核。",
	"resubmitted":     "修改已保存并再次提交，等待审核。",
	"known-returned":  "与已退回的这条台账相同，没有重复登记。请按退回原因在这条上修改。",
	"known-withdrawn": "与已撤回的这条台账相同，没有重复登记。确实是另外一处的，请在地点里写明区别。",

	"seen":       "好的。从现在起的变化，下次会列在这里。",
	"saved":      "已保存。",
	"begun":      "草稿已建立，可以开始编写。每一步都会保存。",
	"published":  "已发布。这一版不会再变，可以用它建立调查轮次。",
	"unchanged":  "草稿与最新一版完全相同，没有产生新的版本。",
	"removed":    "已删去这一题。点“撤销上一步”可以找回。",
	"undone":     "已撤销上一步。",
	"put-away":   "草稿已删去，已发布的版本不受影响。",
	"taken-over": "已从题库加入，名称和代码保持不变，结果可以与以前比较。",
	"closed":     "已停用，不能再建新的轮次；原有轮次不受影响。",
	"opened":     "已恢复使用。",
	"wave-made":  "调查轮次已建立。",
	"wave-ended": "这一轮已结束，不再收答卷。",
	"wave-again": "这一轮已重新打开。",
	"margined":   "已知总体数已保存，合计从现在起按它加权。",
	"unmargined": "已知总体数已撤回，合计不再按它加权。",
	"trimmed":    "权重的上下限已保存。",
	"sized":      "测算的份数已写入各组的配额。",
	"imported":   "导入完成。",
	"outlined":   "边界已换上。",
	"no-outline": "边界已撤下，地图只画点。原来的文件和记录会保留。",
	"entered":    "这份问卷已收下。",
	"password":   "密码已修改，其他设备上的登录已退出。",
	"signedout":  "已退出登录。",
	"everywhere": "所有设备上的登录都已退出。",
	"first":      "现在的密码是别人设的，请先换成只有自己知道的密码，再继续。",
	"disabled":   "账号已停用，已登录的页面随即失效。",
	"enabled":    "账号已启用。",
	"moved":      "已保存。此人已在各处退出登录，下次登录时按新的角色和单位办事。",
	"revoked":    "令牌已作废，立即失效。",
	"inspected":  "巡查已登记。",

	"sheet-print":      "编号已登记，可以打印了。",
	"sheet-issue":      "已登记发出。",
	"sheet-return":     "已登记收回。",
	"sheet-void":       "已登记作废。",
	"sheet-archive":    "已登记归档。",
	"response-void":    "这份答卷已作废，不再计入统计；答案和原因都会保留。",
	"response-restore": "这份答卷已恢复，重新计入统计；作废的经过仍然保留。",
	"response-full":    "这份答卷已恢复，但它那一组的配额已满，记为不符合条件，不计入统计。",
	"settled":          "已核定，答卷按核定的内容计入。",
	"second":           "第二次录入已收下。",
	"scanned":          "扫描件已收下。",
	"drawn":            "已抽取。种子和算法印在下面，谁都可以照着再抽一遍。",
	"found":            "已保存。",
	"found-known":      "这一处之前已经收下，没有重复计数。",
	"check-closed":     "这次抽查已结束，不再登记。",
	"link-withdrawn":   "链接已收回，用它打开的页面随即失效。",
}

// megabytes prints the size of a file.
func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// render writes a page. It is rendered to memory first: a template that fails half way
// must not send half a page.
func (s *Server) render(c *fiber.Ctx, v *visit, name, title string, data any) error {
	view, err := s.views.page(name)
	if err != nil {
		return err
	}
	p := &page{Title: title, Actor: v.actor, Version: s.config.Version, Reference: reference(c), Today: civil(s.clock()),
		Done: doneWords[c.Query("done")], Data: data, FormToken: newFormToken(v.session), Aged: int(v.aged.Hours() / 24)}
	if v.plan != nil {
		p.Plan, p.Campaign, p.Base = v.plan, &v.plan.Campaign, "/c/"+v.plan.Campaign.ID
		p.Nav = s.counted(c.UserContext(), v, navFor(v, c.Path()))
	}
	var b bytes.Buffer
	if err := view.ExecuteTemplate(&b, "layout", p); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(b.Bytes())
}

// counted puts beside the menu how much waits: what the office is to judge, what a unit is
// to mend. A count that can't be had is left out, since the page is about something else.
func (s *Server) counted(ctx context.Context, v *visit, items []navItem) []navItem {
	filter, path := placement.Filter{Campaign: v.plan.Campaign.ID, State: placement.Submitted}, "/review"
	if v.actor.Role == audit.RoleUnit {
		filter.State, filter.Unit, path = placement.Returned, org.UnitID(v.actor.Unit), "/tasks"
	}
	for i := range items {
		if items[i].Path != "/c/"+filter.Campaign+path {
			continue
		}
		n, err := s.waiting.of(filter.Campaign+" "+string(filter.Unit)+" "+path, func() (int64, error) {
			return s.Placements.Count(context.WithoutCancel(ctx), filter)
		}, always)
		if err != nil {
			s.log.Warn("count beside the menu", "error", err.Error())
		}
		items[i].Count = n
	}
	return items
}

// navFor marks the item whose address is the longest beginning of the page's.
func navFor(v *visit, address string) []navItem {
	if v.actor.Sealed {
		return []navItem{{Label: "卷宗", Path: firstPage(v.actor), Active: true}}
	}
	var items []navItem
	best := -1
	pages := navigation[v.actor.Role]
	row := len(pages)
	if v.actor.Role == audit.RoleOffice {
		pages = slices.Concat(pages, settings)
	}
	for i, n := range pages {
		if !v.may(n.verb) {
			continue
		}
		full := "/c/" + v.plan.Campaign.ID + n.path
		if (address == full || strings.HasPrefix(address, full+"/")) && (best < 0 || len(full) > len(items[best].Path)) {
			best = len(items)
		}
		items = append(items, navItem{Label: n.label, Path: full, More: i >= row})
	}
	if best >= 0 {
		items[best].Active = true
	}
	return items
}

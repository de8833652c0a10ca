package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/planning"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

// The planner tells how many sheets a wave needs for a margin, and writes them into its
// quotas. What is asked stands in the address, so that a plan can be kept and passed on; what
// is written is what was seen: the form that writes carries every value of the plan, and the
// revision of the wave that it was worked out for.

func (s *Server) sizeRoutes() []route {
	const size = "/c/:campaign/waves/:wave/size"
	return []route{
		{fiber.MethodGet, size, auth.WavePut, s.sizePage},
		{fiber.MethodPost, size, auth.WavePut, s.sizePut},
	}
}

// sizeField is a number of the plan as its form shows it. What is left empty takes the
// default, of which From says where it comes from.
type sizeField struct {
	Name, Label, Unit, Value, Default, From string
}

// Own tells whether somebody typed another value than the default.
func (f sizeField) Own() bool { return f.Value != f.Default }

// sizeStratum is a stratum in the form: what the wave holds of it, and what may be typed.
type sizeStratum struct {
	Code, Label, Population, Quota, Share string
	Before                                string // the share that an earlier wave found in it
}

// sizeForm is a plan as it was typed, with its defaults filled in.
type sizeForm struct {
	Fields     []sizeField
	Strata     []sizeStratum
	Allocation string
	Taught     string // query that takes the shares of the strata over, empty where there are none
	TaughtBy   string
}

type sizeView struct {
	Wave        survey.Wave
	Revision    uint32
	Form        sizeForm
	Allocations []takeChoice
	Faults      map[string][]string
	Sent        [][2]string // the plan, for the form that writes
	Result      *sizeResult
	Notes       []string // where other quotas won't add up to those of the plan
	Caution     string
	Problem     *problem.Problem
}

// sizeResult is a plan worked out, in words.
type sizeResult struct {
	Collect, HandOut, Margin, Quota string
	Strata                          []sizeLine
	Steps                           []sizeStep
	Warnings                        []string
	sizes                           planning.Sizes
}

type sizeLine struct{ Label, Population, Quota, Collect, HandOut, Margin string }

type sizeStep struct{ What, Formula, Result, Source string }

var sizeAllocations = []takeChoice{
	{string(planning.Proportional), "按人口比例"}, {string(planning.Equal), "各组相同"},
	{string(planning.Optimal), "最优（合计误差最小）"}, {string(planning.Given), "给定（按现有配额的比例）"},
}

func (s *Server) sizePage(c *fiber.Ctx, v *visit) error {
	held, err := s.Surveys.Wave(c.UserContext(), v.plan.Campaign.ID, survey.WaveID(c.Params("wave")))
	if err != nil {
		return err
	}
	fields, err := url.ParseQuery(string(c.Context().QueryArgs().QueryString()))
	if err != nil {
		return problem.Invalid("网址里的内容读不出来", "请从轮次的设置页重新打开“测算样本量”。").Because(err)
	}
	view, err := s.size(c.UserContext(), v, held, fields)
	if err != nil {
		return err
	}
	if len(view.Faults) > 0 && fields.Has("margin") { // what wasn't typed is no fault of the request
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return s.showSize(c, v, view)
}

func (s *Server) showSize(c *fiber.Ctx, v *visit, view *sizeView) error {
	if view.Problem != nil {
		c.Status(statuses[view.Problem.Kind])
	}
	return s.render(c, v, "waves_size", "测算样本量："+view.Wave.Name, view)
}

// sizePut sets the quotas of the strata to what the plan comes to. Quotas of areas and of
// distributors are somebody's own division and stay.
func (s *Server) sizePut(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	fields, err := form(c)
	if err != nil {
		return err
	}
	held, err := s.Surveys.Wave(ctx, v.plan.Campaign.ID, survey.WaveID(c.Params("wave")))
	if err != nil {
		return err
	}
	view, err := s.size(ctx, v, held, fields)
	if err != nil {
		return err
	}
	switch {
	case view.Result == nil:
		view.Problem = problem.Invalid("配额没有写入", "请先按提示改正，再测算一次。")
	case len(held.Thing.Strata) == 0:
		view.Problem = problem.Invalid("配额没有写入", "这一轮没有分组，没有可以写配额的地方。请先在轮次的设置里选定参加的分组。")
	default:
		_, err = s.Surveys.PutWave(ctx, v.actor, v.plan.Campaign.ID, view.planned(), seenRevision(fields))
		p, ok := problem.As(err)
		if err != nil && (!ok || p.Kind == problem.KindNotFound) {
			return err
		}
		if errors.Is(err, revision.ErrConflict) {
			p = problem.Conflict("刚刚有人改过这一轮，配额没有写入", "下面已经按这一轮现在的设置重新测算。请看过以后再按一次“写入这一轮的配额”。").Because(p)
		}
		view.Problem = p
	}
	if view.Problem != nil {
		return s.showSize(c, v, view)
	}
	return c.Redirect(waveAddress(v, held.Thing)+"/edit?done=sized", fiber.StatusSeeOther)
}

// planned is the wave with the quotas of the plan.
func (view *sizeView) planned() survey.Wave {
	w := view.Wave
	w.Strata = slices.Clone(w.Strata)
	for i := range w.Strata {
		w.Strata[i].Quota = int(view.Result.sizes.Strata[i].Collect)
	}
	return w
}

// size reads a plan and works it out.
func (s *Server) size(ctx context.Context, v *visit, held revision.Held[survey.Wave], fields url.Values) (*sizeView, error) {
	w := held.Thing
	view := &sizeView{Wave: w, Revision: held.Revision, Allocations: sizeAllocations, Faults: map[string][]string{}}
	t, err := s.taught(ctx, v, w)
	if err != nil {
		return nil, err
	}
	view.Form = newSizeForm(w, v.plan.Campaign.Settings, t, fields)
	plan, faults := view.Form.plan(w, v.plan.Campaign.Settings)
	if len(faults) == 0 {
		sizes, err := plan.Sheets()
		var refused planning.Faults
		if errors.As(err, &refused) {
			for _, one := range refused {
				faults = append(faults, problem.Fault{Field: sizeFields[one.Field], Why: one.Why})
			}
		} else if err != nil {
			return nil, err
		} else {
			view.Result = newSizeResult(w, plan, sizes)
			view.Notes = notesOf(view.planned())
		}
	}
	for _, fault := range faults {
		view.Faults[fault.Field] = append(view.Faults[fault.Field], fault.Why)
	}
	view.Sent = view.Form.sent()
	if !w.Sampling.Random() {
		view.Caution = "误差按随机抽样推算。这一轮" + w.Sampling.Caution()
	} else if w.Sampling.Kind == survey.Census {
		view.Caution = "这一轮是普查，全部对象都要问；下面的份数是改用抽样时要收的。"
	}
	return view, nil
}

// sizeFields are the fields of the form by those of a plan.
var sizeFields = map[string]string{"Margin": "margin", "Level": "level", "Share": "share", "DesignEffect": "deff", "Response": "response", "Minimum": "minimum", "Allocation": "allocation", "Strata": "strata", "Population": "strata"}

// taught is what earlier waves teach a plan.
type taught struct {
	wave           survey.Wave // that found the share
	precedent      *analytics.Precedent
	returned       survey.Wave // that had sheets issued
	issued, usable int64
}

// taught looks through the other waves, the newest first, for a share of the satisfied and for
// a return table. Of a wave that is still going on the sheets aren't back yet.
func (s *Server) taught(ctx context.Context, v *visit, w survey.Wave) (taught, error) {
	waves, err := s.Surveys.Waves(ctx, v.plan.Campaign.ID)
	if err != nil {
		return taught{}, err
	}
	sortWaves(waves)
	var t taught
	for _, one := range slices.Backward(waves) {
		if one.ID == w.ID || !w.Start.IsZero() && one.Start.After(w.Start) {
			continue
		}
		if t.precedent == nil {
			work, err := s.fieldwork(ctx, v.plan.Campaign.ID, one.ID)
			if err != nil {
				return taught{}, err
			}
			found, known, err := s.Reader.Precedent(ctx, v.plan, work.wave, work.q)
			if err != nil {
				return taught{}, err
			}
			if e := found.Share.Total.Estimate; known && usableShare(e, v.plan.Campaign.Settings) {
				t.wave, t.precedent = one, &found
			}
		}
		if t.issued == 0 && (one.Closed || one.Past(v.today)) {
			returns, err := s.Reader.Returns(ctx, v.plan, one, s.scope(v, auth.WavePut))
			if err != nil {
				return taught{}, err
			}
			if r := returns.Total; r.Issued > 0 && r.Valid() > 0 {
				t.returned, t.issued, t.usable = one, r.Issued, min(r.Valid(), r.Issued)
			}
		}
	}
	return t, nil
}

// usableShare tells whether a share may stand in a plan: of few answers it is chance, and of
// 0 or 100 % it says that nobody need be asked.
func usableShare(e estimate.Estimate, settings campaign.Settings) bool {
	text := estimate.Round(e.Value, 1)
	return e.Valid && e.Base >= settings.SmallBase.Value && text != "0.0" && text != "100.0"
}

// share is the default of the expected share.
func (t taught) share() (text, from string) {
	if t.precedent == nil {
		return "50", "还没有以前各轮的满意率，50%最稳妥"
	}
	how := "不加权"
	if t.precedent.Sample.Raking.Used() {
		how = "加权到已知总体数"
	} else if t.precedent.Sample.Weighted {
		how = "按人口加权"
	}
	e := t.precedent.Share.Total.Estimate
	return trimZeros(estimate.Round(e.Value, 1)), fmt.Sprintf("“%s”的%s（%d份回答，%s）", t.wave.Name, t.precedent.Indicator.Label, e.Base, how)
}

// deff is the default of the design effect. Where the plan knows the people of each stratum,
// it reckons with unequal weights itself, and only people reached together are left.
func (t taught) deff(known bool) (text, from string) {
	if t.precedent == nil {
		return "1", "还没有以前各轮的结果，按简单随机抽样"
	}
	whole, alike, unit := t.precedent.Share.Total.Figure.Deff, t.precedent.Alike, survey.SampleUnitNames[t.precedent.Sample.Sampling.Unit]
	switch {
	case !known && whole > 0:
		return deffText(whole), fmt.Sprintf("“%s”%s的设计效应", t.wave.Name, t.precedent.Indicator.Label)
	case alike == 0:
		return "1", fmt.Sprintf("“%s”的设计效应推算不出，按简单随机抽样", t.wave.Name)
	case t.precedent.Sample.Sampling.Unit == "":
		return "1", fmt.Sprintf("“%s”每个人单独找到；各组份数与人口不成比例的影响，公式里另算", t.wave.Name)
	case alike < 1:
		return "1", fmt.Sprintf("“%s”里同一%s找到的人看不出更相像（算得%s），按1计", t.wave.Name, unit, estimate.Round(alike, 2))
	}
	return deffText(alike), fmt.Sprintf("“%s”里同一%s找到的人回答相像，方差放大的倍数；各组份数与人口不成比例的影响，公式里另算", t.wave.Name, unit)
}

func deffText(v float64) string { return trimZeros(estimate.Round(min(max(v, 0.1), 100), 2)) }

// response is the default of the expected response.
func (t taught) response() (text, from string) {
	if t.issued == 0 {
		return "100", "没有已结束轮次的发放和收回记录，按全部收回计算，请按经验改"
	}
	return trimZeros(estimate.Round(max(100*float64(t.usable)/float64(t.issued), 0.1), 1)), fmt.Sprintf("“%s”发出%d份，收回有效的%d份", t.returned.Name, t.issued, t.usable)
}

// trimZeros writes a rounded number without needless zeros.
func trimZeros(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// usualLevel is that of a campaign that has set none.
const usualLevel = 0.95

func newSizeForm(w survey.Wave, settings campaign.Settings, t taught, fields url.Values) sizeForm {
	people, quotas := 0, 0
	for _, stratum := range w.Strata {
		people, quotas = people+oneIf(stratum.Population > 0), quotas+oneIf(presentQuota(w, stratum) > 0)
	}
	all := len(w.Strata)
	f := sizeForm{Allocation: fields.Get("allocation")}
	if f.Allocation == "" {
		switch {
		case people > 0 || all == 0:
			f.Allocation = string(planning.Proportional)
		case quotas == all:
			f.Allocation = string(planning.Given)
		default:
			f.Allocation = string(planning.Equal)
		}
	}
	add := func(name, label, unit, usual, from string) {
		value := trimNumber(fields.Get(name))
		if value == "" {
			value = usual
		}
		f.Fields = append(f.Fields, sizeField{name, label, unit, value, usual, from})
	}
	add("margin", "允许误差（正负）", "个百分点", "5", "常用")
	level, from := settings.Level.Value, "本活动的设置"
	if level <= 0 {
		level, from = usualLevel, "本活动没有定，常用"
	}
	add("level", "置信水平", "%", trimZeros(estimate.Round(100*level, 4)), from)
	share, from := t.share()
	add("share", "预计比例", "%", share, from)
	deff, from := t.deff(all > 0 && people == all)
	add("deff", "设计效应", "倍", deff, from)
	response, from := t.response()
	add("response", "预计回收率", "%", response, from)
	if all > 0 {
		add("minimum", "每组最少", "份", "0", "不另设下限")
	}
	f.strata(w, settings, t, fields)
	return f
}

// strata takes the strata over, with the shares that were typed and those that an earlier
// wave found.
func (f *sizeForm) strata(w survey.Wave, settings campaign.Settings, t taught, fields url.Values) {
	take := url.Values{"allocation": {f.Allocation}}
	for _, one := range f.Fields {
		take.Set(one.Name, one.Value)
	}
	found := 0
	for _, stratum := range w.Strata {
		one := sizeStratum{Code: stratum.Code, Label: stratum.Label, Population: knownText(stratum.Population), Quota: knownText(presentQuota(w, stratum)), Share: trimNumber(fields.Get("share." + stratum.Code))}
		if t.precedent != nil {
			groups := t.precedent.Share.Groups
			if i := slices.IndexFunc(groups, func(g analytics.WeightedGroup) bool { return g.Code == stratum.Code }); i >= 0 && usableShare(groups[i].Estimate, settings) {
				one.Before = trimZeros(estimate.Round(groups[i].Estimate.Value, 1))
				take.Set("share."+stratum.Code, one.Before)
				found++
			}
		}
		f.Strata = append(f.Strata, one)
	}
	if found > 0 {
		f.Taught, f.TaughtBy = "?"+take.Encode(), t.wave.Name
	}
}

// sent are the fields that say the whole plan.
func (f sizeForm) sent() [][2]string {
	list := [][2]string{{"allocation", f.Allocation}}
	for _, one := range f.Fields {
		list = append(list, [2]string{one.Name, one.Value})
	}
	for _, one := range f.Strata {
		if one.Share != "" {
			list = append(list, [2]string{"share." + one.Code, one.Share})
		}
	}
	return list
}

func oneIf(holds bool) int {
	if holds {
		return 1
	}
	return 0
}

// presentQuota is what a stratum is to give now: its own quota, or those of its areas.
func presentQuota(w survey.Wave, stratum survey.Stratum) int {
	if stratum.Quota > 0 {
		return stratum.Quota
	}
	return areaQuotas(w)[stratum.Code]
}

var grouped = regexp.MustCompile(`^\d{1,3}(,\d{3})+(\.\d+)?$`)

// trimNumber reads a number as people write it: of full width, with its unit behind it, in
// groups of three.
func trimNumber(text string) string {
	text = strings.ReplaceAll(digits(strings.ReplaceAll(text, "。", ".")), " ", "")
	for _, unit := range []string{"%", "个百分点", "百分点", "份", "倍"} {
		text = strings.TrimSuffix(text, unit)
	}
	text = strings.TrimLeft(text, "±+")
	if grouped.MatchString(text) {
		text = strings.ReplaceAll(text, ",", "")
	}
	return text
}

// sizeReader reads the numbers of the form, each within its bounds.
type sizeReader struct{ numberReader }

func (r *sizeReader) within(field, what, text string, holds func(float64) bool, bounds string) float64 {
	n := r.read(field, what, cut(text))
	if n == nil {
		return 0
	}
	if math.IsNaN(*n) || !holds(*n) {
		r.faults = append(r.faults, problem.Fault{Field: field, Why: fmt.Sprintf("%s%s；您填的是“%s”", what, bounds, cut(text))})
	}
	return *n
}

// plan reads what was typed; points and percent become fractions.
func (f sizeForm) plan(w survey.Wave, settings campaign.Settings) (planning.Plan, []problem.Fault) {
	r := &sizeReader{}
	between := func(low, high float64) func(float64) bool { return func(n float64) bool { return n > low && n < high } }
	from := func(low, high float64) func(float64) bool {
		return func(n float64) bool { return n >= low && n <= high }
	}
	p := planning.Plan{Allocation: planning.Allocation(f.Allocation), SmallBase: settings.SmallBase.Value}
	for _, one := range f.Fields {
		switch one.Name {
		case "margin":
			p.Margin = r.within(one.Name, one.Label, one.Value, between(0, 100), "要大于0、小于100个百分点，一般填3到5") / 100
		case "level":
			p.Level = r.within(one.Name, one.Label, one.Value, func(n float64) bool { return n >= 50 && n < 100 }, "要在50%和100%之间，一般填90、95或99") / 100
		case "share":
			p.Share = r.within(one.Name, one.Label, one.Value, between(0, 100), "要大于0%、小于100%；不知道时填50，最稳妥") / 100
		case "deff":
			p.DesignEffect = r.within(one.Name, one.Label, one.Value, from(0.1, 100), "要在0.1和100之间；简单随机抽样填1")
		case "response":
			p.Response = r.within(one.Name, one.Label, one.Value, from(0.1, 100), "要在0.1%和100%之间；全部能收回填100") / 100
		case "minimum":
			p.Minimum = int64(r.within(one.Name, one.Label, one.Value, func(n float64) bool { return n >= 0 && n <= 1e7 && n == math.Trunc(n) }, "要填0到10000000的整数"))
		}
	}
	if !slices.ContainsFunc(sizeAllocations, func(a takeChoice) bool { return a.Code == f.Allocation }) {
		r.faults = append(r.faults, problem.Fault{Field: "allocation", Why: fmt.Sprintf("没有“%s”这种分法，请从列表里选", cut(f.Allocation))})
	}
	quotas := 0
	for _, stratum := range w.Strata {
		quotas += presentQuota(w, stratum)
	}
	for i, stratum := range w.Strata {
		one := planning.Stratum{Name: planName(w, i), Population: int64(stratum.Population)}
		if quotas > 0 {
			one.Part = float64(presentQuota(w, stratum)) / float64(quotas)
		}
		if text := f.Strata[i].Share; text != "" {
			one.Share = r.within("strata", "“"+stratum.Label+"”的预计比例", text, between(0, 100), "要大于0%、小于100%；不知道时留空") / 100
		}
		p.Strata = append(p.Strata, one)
	}
	return p, append(r.faults, strataFaults(w, p)...)
}

// strataFaults says what the wave doesn't hold that the plan needs: the planner's own words
// don't know where it is filled in.
func strataFaults(w survey.Wave, p planning.Plan) []problem.Fault {
	var people, quotas []string
	for i, one := range p.Strata {
		if one.Population == 0 {
			people = append(people, "“"+planName(w, i)+"”")
		}
		if one.Part == 0 {
			quotas = append(quotas, "“"+planName(w, i)+"”")
		}
	}
	fault := func(format string, args ...any) []problem.Fault {
		return []problem.Fault{{Field: "strata", Why: fmt.Sprintf(format, args...)}}
	}
	byPeople := p.Allocation == planning.Proportional || p.Allocation == planning.Optimal
	switch {
	case len(people) > 0 && len(people) < len(p.Strata):
		return fault("%s没有总体人数，其余各组有；请在这一轮的设置里补齐，或都留空", strings.Join(people, ""))
	case len(people) > 0 && byPeople:
		return fault("各组都没有总体人数，不能按人口分；请在这一轮的设置里填写，或选“各组相同”")
	case len(quotas) > 0 && p.Allocation == planning.Given:
		return fault("%s现在没有配额，不能按现有配额的比例分；请在这一轮的设置里填写，或换一种分法", strings.Join(quotas, ""))
	}
	return nil
}

// planName names a stratum so that no other has its name.
func planName(w survey.Wave, i int) string {
	one := w.Strata[i]
	for j, other := range w.Strata {
		if one.Label == "" || i != j && other.Label == one.Label {
			return one.Label + "（" + one.Code + "）"
		}
	}
	return one.Label
}

func newSizeResult(w survey.Wave, plan planning.Plan, sizes planning.Sizes) *sizeResult {
	r := &sizeResult{Collect: wholeText(sizes.Collect), HandOut: wholeText(sizes.HandOut), Margin: "—", sizes: sizes}
	known := len(plan.Strata) == 0 || plan.Strata[0].Population > 0
	if known {
		r.Margin = marginText(sizes.Margin)
	}
	quota, shares := 0, 0
	for i, one := range sizes.Strata {
		stratum := w.Strata[i]
		present := presentQuota(w, stratum)
		line := sizeLine{one.Name, knownText(stratum.Population), knownText(present), wholeText(one.Collect), wholeText(one.HandOut), "—"}
		if one.Collect > 0 {
			line.Margin = marginText(one.Margin)
		}
		quota, shares = quota+present, shares+oneIf(plan.Strata[i].Share > 0)
		r.Strata = append(r.Strata, line)
	}
	r.Quota = knownText(quota)
	for _, step := range sizes.Steps {
		r.Steps = append(r.Steps, sizeStep{step.What, step.Formula, trimZeros(estimate.Round(step.Result, 2)), step.Source})
	}
	for _, warning := range sizes.Warnings {
		r.Warnings = append(r.Warnings, warning.Text)
	}
	if plan.Allocation == planning.Optimal && shares == 0 {
		r.Warnings = append(r.Warnings, "各组没有分别填预计比例，最优分配和按人口比例几乎相同")
	}
	return r
}

// knownText prints a number that the wave may not hold.
func knownText(n int) string {
	if n == 0 {
		return "—"
	}
	return wholeText(int64(n))
}

func wholeText(n int64) string { return quantityText(float64(n)) }

// marginText prints a margin in points; 0 is that of a stratum of which everybody is asked.
func marginText(margin float64) string {
	if margin == 0 {
		return "0（全部调查）"
	}
	points := 100 * margin
	decimals := 1
	if points < 0.1 {
		decimals = 1 - int(math.Floor(math.Log10(points)))
	}
	return "±" + estimate.Round(points, min(decimals, 6))
}

package placement

import (
	"math"
	"slices"
	"time"

	"shuixuan/app/campaign"
)

// Codes of what led to a grade; ProvenanceWords has their words. Those of the file itself were
// found when it was read and stay with the photo; the others are found at each grading.
const (
	ReasonCamera      = "camera"         // taken in the page
	ReasonNotCamera   = "not-camera"     // said to be, but the file carries a phone's metadata
	ReasonNear        = "near"           //
	ReasonFar         = "far"            // contradicts
	ReasonNoFix       = "no-fix"         //
	ReasonInaccurate  = "inaccurate"     //
	ReasonMock        = "mock"           //
	ReasonNoPlace     = "no-place"       // the placement has no position
	ReasonNotJudged   = "not-judged"     // the carrier's rule asks for no distance
	ReasonInFlight    = "in-flight"      //
	ReasonOutside     = "outside-flight" // contradicts
	ReasonFuture      = "time-future"    //
	ReasonNoPlacement = "no-placement"   //
	ReasonSame        = "same"           // contradicts
	ReasonAlike       = "alike"          // contradicts
	ReasonReused      = "reused"         // the same picture was sent for this placement before

	// Of the file itself; package photo finds them.
	ReasonNoMetadata         = "no-metadata"
	ReasonUnreadableMetadata = "unreadable-metadata"
	ReasonTimeUnset          = "time-unset"
	ReasonPositionUnset      = "position-unset"
)

// ProvenanceWords are the words for the codes on pages. Those of a picture that was used
// before don't tell where: a unit may not know.
var ProvenanceWords = map[string]string{
	ReasonCamera:             "在本页面拍摄，时间以服务器为准",
	ReasonNotCamera:          "文件带有手机相册的信息，不是在本页面拍摄的，按上传处理",
	ReasonNear:               "拍摄位置在设置地点附近",
	ReasonFar:                "拍摄位置离设置地点太远",
	ReasonNoFix:              "没有定位",
	ReasonInaccurate:         "定位误差太大，不作依据",
	ReasonMock:               "定位误差为0，可能是模拟定位，不作依据",
	ReasonNoPlace:            "台账没有填写经纬度，无法比对位置",
	ReasonNotJudged:          "这种宣传形式不比对位置",
	ReasonInFlight:           "照片自带的拍摄时间在宣传期内",
	ReasonOutside:            "拍摄时间不在宣传期内",
	ReasonFuture:             "照片自带的时间晚于收到的时间，不作依据",
	ReasonNoPlacement:        "台账还没有登记，登记后再评定",
	ReasonSame:               "同一张照片此前已用于别处",
	ReasonAlike:              "几乎一样的照片此前已用于别处",
	ReasonReused:             "同一画面此前已为这条台账上传过，只能证明当时，不能再证明今天",
	ReasonNoMetadata:         "照片不带拍摄信息（微信转发的照片都是这样）",
	ReasonUnreadableMetadata: "照片的拍摄信息读不出来",
	ReasonTimeUnset:          "照片自带的时间是没有校准的时钟，不作依据",
	ReasonPositionUnset:      "照片自带的位置是0,0或无效值，不作依据",
}

// GradeNames are the words for the grades on pages.
var GradeNames = map[Grade]string{
	GradeA: "现场拍摄", GradeB: "信息一致", GradeC: "无从核对", GradeX: "有矛盾",
}

// ofTheFile are the codes that a file brings along.
var ofTheFile = []string{ReasonNotCamera, ReasonNoMetadata, ReasonUnreadableMetadata, ReasonTimeUnset, ReasonPositionUnset}

// DefaultAccuracy is the radius in metres beyond which a fix says nothing, where the
// campaign has no setting: a position by cell towers alone is 500 m to some km off.
const DefaultAccuracy = 500

// Circumstances are what a photo is graded against. Placement is nil while it has not been
// logged; Received is the civil date of receipt. Same and Alike tell that an earlier photo
// of another placement shows the same picture, or nearly so.
type Circumstances struct {
	Placement   *Placement
	Rule        campaign.Rule
	MaxAccuracy float64 // metres; 0: DefaultAccuracy
	Received    time.Time
	Same, Alike bool
	// Reused is the civil date on which this very picture first came in for the same
	// placement, zero where it didn't.
	Reused time.Time
}

// Grading is what a photo is worth and why. ProvesOn is the civil date of which it is
// proof; Distance is in metres, nil where nothing can be compared.
type Grading struct {
	Grade    Grade
	Reasons  []string
	Distance *float64
	ProvesOn time.Time
}

// Apply notes a grading on a photo.
func (g Grading) Apply(p *Photo) {
	p.Grade, p.Reasons, p.Distance, p.ProvesOn = g.Grade, g.Reasons, g.Distance, g.ProvesOn
}

// Judge grades a photo. Missing metadata never count against one: messengers and browsers
// strip them. What they say counts when it contradicts.
//
//	A  taken in the page, its fix near the place
//	B  taken in the page without a usable fix or place; or uploaded, taken within the
//	   flight by its own metadata
//	C  uploaded, and nothing speaks for or against it
//	X  outside the flight, too far away, or used elsewhere before
func (p *Photo) Judge(c Circumstances) Grading {
	g := Grading{ProvesOn: c.Received}
	say := func(codes ...string) { g.Reasons = append(g.Reasons, codes...) }
	against := false
	if c.Same {
		say(ReasonSame)
	} else if c.Alike {
		say(ReasonAlike)
	}
	against = c.Same || c.Alike

	timely, camera := false, p.Source == FromCamera
	taken := civilDate(p.TakenAt)
	switch {
	case camera:
		say(ReasonCamera)
		timely, taken = true, c.Received
	case p.TakenAt.IsZero():
	case taken.After(c.Received):
		say(ReasonFuture)
	default:
		timely, g.ProvesOn = true, taken
	}
	if timely && c.Placement != nil {
		within := !taken.Before(c.Placement.Start) && (c.Placement.End.IsZero() || !taken.After(c.Placement.End))
		switch {
		case !within:
			say(ReasonOutside)
			against = true
		case !camera:
			say(ReasonInFlight)
		}
	}
	if !c.Reused.IsZero() && c.Reused.Before(g.ProvesOn) {
		// No contradiction: it was true then. But a picture of the first day proves nothing
		// on the ninetieth, however it is saved anew.
		say(ReasonReused)
		g.ProvesOn = c.Reused
	}
	near := false
	switch code := p.locate(c, &g); code {
	case "":
	case ReasonFar:
		say(code)
		against = true
	default:
		near = code == ReasonNear
		say(code)
	}
	if c.Placement == nil {
		say(ReasonNoPlacement)
	}
	for _, code := range p.Reasons {
		if slices.Contains(ofTheFile, code) {
			say(code)
		}
	}
	switch {
	case against:
		g.Grade = GradeX
	case camera && near:
		g.Grade = GradeA
	case camera, timely && c.Placement != nil:
		g.Grade = GradeB
	default:
		g.Grade = GradeC
	}
	return g
}

// Valid tells a position that can be one.
func (p *Position) Valid() bool {
	valid := true
	p.validate(func(string, string, ...any) { valid = false })
	return valid
}

// locate compares the place where the photo was taken with that of the placement and
// gives the reason; none where an upload brings no position, as most do.
func (p *Photo) locate(c Circumstances, g *Grading) string {
	limit := c.MaxAccuracy
	if limit <= 0 {
		limit = DefaultAccuracy
	}
	switch {
	case p.Position == nil && p.Source == FromCamera:
		return ReasonNoFix
	case p.Position == nil || c.Placement == nil:
		return ""
	case p.Accuracy != nil && *p.Accuracy == 0:
		return ReasonMock
	case p.Accuracy == nil && p.Source == FromCamera, // a browser always tells it
		p.Accuracy != nil && !(*p.Accuracy > 0 && *p.Accuracy <= limit):
		return ReasonInaccurate
	case c.Rule.Near.Value <= 0:
		return ReasonNotJudged
	case c.Placement.Position == nil:
		return ReasonNoPlace
	}
	distance := math.Round(Distance(*p.Position, *c.Placement.Position))
	g.Distance = &distance
	radius := 0.0
	if p.Accuracy != nil {
		radius = *p.Accuracy
	}
	// The person stood anywhere within the circle; it is near when it reaches the place.
	if distance-radius <= float64(c.Rule.Near.Value) {
		return ReasonNear
	}
	return ReasonFar
}

// civilDate is the civil date of an instant in Shanghai, as midnight UTC.
func civilDate(at time.Time) time.Time {
	y, m, d := at.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

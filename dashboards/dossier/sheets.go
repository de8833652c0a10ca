package dossier

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strconv"

	"shuixuan/app/campaign"
	"shuixuan/app/placement"
	"shuixuan/dashboards"
)

//go:embed sheets.html
var sheetsText string

var sheetsPage = template.Must(template.New("sheets").Parse(sheetsText))

// perSheet is how many photos one contact sheet holds at most: so many small pictures are in
// memory at once, also in the browser that prints them.
const perSheet = 120

// contactSheet is one file of small pictures with the numbers of their originals.
type contactSheet struct {
	Title  string
	Lead   string
	Groups []sheetGroup
}

type sheetGroup struct {
	Heading string
	Photos  []sheetPhoto
}

type sheetPhoto struct {
	photo             placement.Photo
	Name              string
	Picture           template.URL
	Place, What, When string
}

// PhotoName is the number of an exhibit's n-th photo, from 1.
func PhotoName(exhibit string, n int) string { return exhibit + "-" + strconv.Itoa(n) }

// contactSheets cuts the photos into sheets, by task and unit, in the order of the exhibits:
// those of a task or unit that the plan no longer has are among them.
func contactSheets(d *Data) []contactSheet {
	var sheets []contactSheet
	var sheet *contactSheet
	room, group := 0, ""
	for _, e := range d.Exhibits {
		heading := fmt.Sprintf("%s　%s", e.Placement.Task, d.Plan.UnitName(e.Placement.Unit))
		for i, p := range e.Kept() {
			if room == 0 {
				sheets = append(sheets, contactSheet{})
				sheet, room, group = &sheets[len(sheets)-1], perSheet, ""
			}
			if heading != group {
				sheet.Groups, group = append(sheet.Groups, sheetGroup{Heading: heading}), heading
			}
			g := &sheet.Groups[len(sheet.Groups)-1]
			g.Photos = append(g.Photos, sheetPhotoOf(d.Plan, e, i+1, p))
			room--
		}
	}
	for i := range sheets {
		sheets[i].Title = fmt.Sprintf("照片目录 第%d册（共%d册）", i+1, len(sheets))
		sheets[i].Lead = fmt.Sprintf("%s，截至%s。编号是证据目录中的编号，同名的文件在“证据/原件”文件夹，未作任何改动。", d.Plan.Campaign.Name, civil(d.AsOf))
		if d.Plan.Campaign.Demo {
			sheets[i].Lead = "【演示数据】" + sheets[i].Lead
		}
	}
	return sheets
}

func sheetPhotoOf(plan *campaign.Plan, e Exhibit, n int, photo placement.Photo) sheetPhoto {
	p := e.Placement
	return sheetPhoto{photo: photo, Name: PhotoName(e.Name, n), Place: p.Place,
		What: carrierOf(plan, p) + " " + number(p.Quantity) + p.Measure,
		When: "证明" + civil(photo.ProvesOn) + "，" + placement.GradeNames[photo.Grade]}
}

func carrierOf(plan *campaign.Plan, p placement.Placement) string {
	if p.Carrier == "" {
		return p.CarrierText
	}
	return plan.CarrierName(p.Carrier)
}

// html draws a sheet; small gives a photo's small picture.
func (s contactSheet) html(ctx context.Context, small func(context.Context, placement.Photo) ([]byte, error)) ([]byte, error) {
	s.Groups = slices.Clone(s.Groups)
	for g := range s.Groups {
		photos := slices.Clone(s.Groups[g].Photos)
		for i := range photos {
			body, err := small(ctx, photos[i].photo)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err == nil { // one that can't be shown says so in its place
				photos[i].Picture = template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(body))
			}
		}
		s.Groups[g].Photos = photos
	}
	var page bytes.Buffer
	err := sheetsPage.Execute(&page, s)
	return page.Bytes(), err
}

// StandingWords says how an exhibit stands on the day of the dossier.
func StandingWords(d *Data, e Exhibit) string {
	if e.Standing == nil {
		return placement.StateNames[e.Placement.State] + "，不计入"
	}
	rule := campaign.Rule{}
	if c, known := d.Plan.Carrier(e.Placement.Carrier); known {
		rule = c.Rule
	}
	return dashboards.ProofText(*e.Standing, rule, d.AsOf)
}

package handover_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"shuixuan/app/campaign"
	"shuixuan/app/survey"
	"shuixuan/dashboards/handover"
)

// A wave of three answers: what its files hold. Each gives all responses of the wave, in the same
// order each time; Sample comes from analytics.Weighted, the figures from OfIndicators,
// OfWeighted and OfDistribution.
func Example() {
	q := survey.Questionnaire{ID: "citizen", Questions: []survey.Question{
		{Name: "aware", Type: survey.Single, Label: "您知道创建吗？", Options: []survey.Option{{Code: "yes", Label: "知道"}, {Code: "no", Label: "不知道"}}},
		{Name: "age", Type: survey.Single, Label: "您的年龄？", Options: []survey.Option{{Code: "young", Label: "18岁以下"}, {Code: "old", Label: "60岁及以上"}}},
	}}
	answered := func(aware, age string) survey.Response {
		return survey.Response{Disposition: survey.Complete, Mode: survey.Paper, Choices: map[string][]string{"aware": {aware}, "age": {age}}}
	}
	all := []survey.Response{answered("yes", "young"), answered("no", "young"), answered("yes", "old"), {Disposition: survey.Refused}}
	ctx := context.Background()
	d, err := handover.Open(ctx, handover.Source{
		Title: "水资源保护问卷 第一轮", Product: "shuixuan", CutOff: time.Date(2014, 10, 27, 0, 0, 0, 0, time.UTC), Questionnaire: q,
		Settings: handover.Settings{Smallest: campaign.Sourced[int64]{Value: 2}, Keys: []string{"age"}},
		Each: func(_ context.Context, yield func(survey.Response) error) error {
			for _, r := range all {
				if err := yield(r); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d rows, %d left out, age taken out of %d\n", d.Report.Rows, d.Report.LeftOut, d.Report.Blanked["age"])
	var responses bytes.Buffer
	if err := d.Responses(ctx, &responses); err != nil { // likewise Sav, Design, Totals, Codebook, CodebookWorkbook, Figures, Script
		fmt.Println(err)
	}
	fmt.Print(string(bytes.ReplaceAll(responses.Bytes()[3:], []byte("\r"), nil)))
	// Output:
	// 3 rows, 1 left out, age taken out of 1
	// row,stratum,mode,disposition,aware,age
	// 1,,paper,complete,yes,young
	// 2,,paper,complete,no,young
	// 3,,paper,complete,yes,
}

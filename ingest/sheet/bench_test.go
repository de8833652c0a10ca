package sheet

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// bigLedger is a workbook of placements as excelize's stream writer makes it
// (inline texts), 15 columns wide.
func bigLedger(tb testing.TB, rows int) []byte {
	tb.Helper()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		tb.Fatal(err)
	}
	day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		tb.Fatal(err)
	}
	header := []any{"序号", "责任单位", "任务", "宣传形式", "设置地点", "数量", "计量单位", "面积", "开始", "结束", "联系人", "联系电话", "经度", "纬度", "备注"}
	if err := w.SetRow("A1", header); err != nil {
		tb.Fatal(err)
	}
	for i := range rows {
		row := []any{
			i + 1, fmt.Sprintf("市第%d责任单位", i%97), fmt.Sprintf("社会宣传%d", i%10+1), "路灯广告牌",
			fmt.Sprintf("龙山路%d号两侧路灯杆第%d根", i%1000, i), i%50 + 1, "块", float64(i%300) / 4,
			excelize.Cell{StyleID: day, Value: 41883 + i%90}, "至验收结束", "张三", fmt.Sprintf("0538-%07d", i),
			116.76 + float64(i%1000)/1e5, 36.18 + float64(i%1000)/1e5, "附照片2张",
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+2), row); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func readOurs(tb testing.TB, data []byte) (rows, cells int) {
	b, err := Open(context.Background(), bytes.NewReader(data), int64(len(data)), "big.xlsx", DefaultLimits())
	if err != nil {
		tb.Fatal(err)
	}
	defer b.Close()
	r, err := b.Rows(context.Background(), b.Sheets()[0])
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		rows++
		cells += len(r.Row().Cells)
	}
	if err := r.Err(); err != nil {
		tb.Fatal(err)
	}
	return rows, cells
}

func readExcelize(tb testing.TB, data []byte) (rows, cells int) {
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	r, err := f.Rows("Sheet1")
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		row, err := r.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			tb.Fatal(err)
		}
		rows++
		cells += len(row)
	}
	return rows, cells
}

// BenchmarkRows compares reading 100,000 placements with excelize's own Rows,
// which gives texts without types, merges or formulas. The budget is 1.5 times; on an idle machine it is 0.16.
func BenchmarkRows(b *testing.B) {
	data := bigLedger(b, 100_000)
	b.ReportMetric(float64(len(data))/1e6, "MB-file")
	for b.Loop() {
		start := time.Now()
		rows, cells := readOurs(b, data)
		ours := time.Since(start)
		start = time.Now()
		theirRows, theirCells := readExcelize(b, data)
		theirs := time.Since(start)
		if rows != theirRows || cells != theirCells {
			b.Fatalf("%d rows and %d cells, excelize has %d and %d", rows, cells, theirRows, theirCells)
		}
		b.ReportMetric(ours.Seconds(), "s-ours")
		b.ReportMetric(theirs.Seconds(), "s-excelize")
		b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
	}
}

// BenchmarkOurs is for profiles and allocations.
func BenchmarkOurs(b *testing.B) {
	data := bigLedger(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		readOurs(b, data)
	}
}

// BenchmarkCells reads one quantity and two dates, as each row of a ledger has them.
func BenchmarkCells(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseQuantity("120块")
		ParseDate(Cell{Text: "2014年9月5日"}, DateOptions{})
		ParseEnd(Cell{Text: "至验收结束"}, DateOptions{})
	}
}

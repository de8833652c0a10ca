package estimate

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Association tells whether two categorical variables hang together.
//
// Of a designed sample it is Pearson's X² with the second-order correction of Rao and Scott
// (1984, Annals of Statistics 12; Lumley, Complex Surveys, section 2.4.2), whose F has DF1 and
// DF2 degrees of freedom. Of a simple sample it is Pearson's X² itself, with DF1.
type Association struct {
	N         int       `json:"n"`
	Pearson   float64   `json:"pearson"` // X² of the weighted table, scaled to N
	Statistic float64   `json:"statistic"`
	DF1       float64   `json:"df1"`
	DF2       float64   `json:"df2,omitempty"` // 0 for a simple sample
	P         float64   `json:"p"`
	CramersV  float64   `json:"cramers_v"` // from Pearson, 0 to 1
	Valid     bool      `json:"-"`
	Warnings  []Warning `json:"warnings,omitempty"`
}

// FewExpected warns of cells for which the theory asks more answers.
const FewExpected = "few-expected"

// tabulated are two variables counted against each other, with weights.
type tabulated struct {
	rows, columns int
	cells         [][]float64 // weights, by row and column
	counts        [][]int
	weight        float64
	n             int
}

// Associate compares two variables given as numbers from 0, −1 for a missing answer, over a
// domain (nil: all). Weighted or designed samples get Rao and Scott's F.
func (d *Design) Associate(rows, columns []int, in []bool) (Association, error) {
	if len(rows) != len(d.weights) || len(columns) != len(d.weights) {
		return Association{}, &DesignError{Why: fmt.Sprintf("变量的行数与数据的%d行不符", len(d.weights))}
	}
	inside := make([]bool, len(d.weights))
	for i := range inside {
		inside[i] = (in == nil || in[i]) && rows[i] >= 0 && columns[i] >= 0
	}
	t := d.tabulate(rows, columns, inside)
	a := Association{N: t.n}
	if !t.comparable() {
		a.warn(BaseZero, "至少要有两行和两列有回答，才能比较")
		return a, nil
	}
	a.Pearson = t.pearson(float64(t.n))
	a.CramersV = math.Sqrt(a.Pearson / (float64(t.n) * float64(min(t.rows, t.columns)-1)))
	t.warnFew(&a)
	delta, err := d.generalised(t, rows, columns, inside)
	if err != nil {
		return a, err
	}
	trace, squares := 0.0, 0.0
	k := delta.RawMatrix().Rows
	for i := range k {
		trace += delta.At(i, i)
		for j := range k {
			squares += delta.At(i, j) * delta.At(j, i)
		}
	}
	df := d.degrees(inside)
	if trace <= 0 || squares <= 0 || df < 1 {
		a.warn(NoSpread, "抽样单元太少，无法检验")
		return a, nil
	}
	a.Statistic, a.DF1 = a.Pearson/trace, trace*trace/squares
	a.DF2 = a.DF1 * float64(df)
	a.P, a.Valid = survivalF(a.Statistic, a.DF1, a.DF2), true
	return a, nil
}

// survivalF is the upper tail of F, which one less the distribution would lose below 1e-16.
func survivalF(f, df1, df2 float64) float64 {
	return mathext.RegIncBeta(df2/2, df1/2, df2/(df2+df1*f))
}

func (a *Association) warn(code, format string, args ...any) {
	a.Warnings = append(a.Warnings, Warning{Code: code, Text: fmt.Sprintf(format, args...)})
}

// tabulate leaves out rows and columns that nobody is in.
func (d *Design) tabulate(rows, columns []int, inside []bool) *tabulated {
	t := &tabulated{}
	for i := range rows {
		if inside[i] {
			t.rows, t.columns = max(t.rows, rows[i]+1), max(t.columns, columns[i]+1)
		}
	}
	t.cells, t.counts = make([][]float64, t.rows), make([][]int, t.rows)
	for r := range t.cells {
		t.cells[r], t.counts[r] = make([]float64, t.columns), make([]int, t.columns)
	}
	for i, w := range d.weights {
		if inside[i] {
			t.cells[rows[i]][columns[i]] += w
			t.counts[rows[i]][columns[i]]++
			t.weight += w
			t.n++
		}
	}
	return t
}

func (t *tabulated) margins() (rows, columns []float64) {
	rows, columns = make([]float64, t.rows), make([]float64, t.columns)
	for r := range t.cells {
		for c, w := range t.cells[r] {
			rows[r], columns[c] = rows[r]+w, columns[c]+w
		}
	}
	return rows, columns
}

func (t *tabulated) comparable() bool {
	rows, columns := t.margins()
	return t.rows > 1 && t.columns > 1 && t.weight > 0 && allPositive(rows) && allPositive(columns)
}

func allPositive(list []float64) bool {
	for _, v := range list {
		if v <= 0 {
			return false
		}
	}
	return true
}

// pearson is Σ(o−e)²/e of the table scaled to n.
func (t *tabulated) pearson(n float64) float64 {
	rows, columns := t.margins()
	sum := 0.0
	for r := range t.cells {
		for c, w := range t.cells[r] {
			expected := rows[r] * columns[c] / t.weight
			sum += (w - expected) * (w - expected) / expected
		}
	}
	return sum * n / t.weight
}

// warnFew follows Cochran's rule: no expected count below 1, at most a fifth below 5.
func (t *tabulated) warnFew(a *Association) {
	rows, columns := t.margins()
	few, least := 0, math.Inf(1)
	for r := range rows {
		for c := range columns {
			expected := rows[r] * columns[c] / (t.weight * t.weight) * float64(t.n)
			least = min(least, expected)
			if expected < 5 {
				few++
			}
		}
	}
	if least < 1 || 5*few > t.rows*t.columns {
		a.warn(FewExpected, "有%d格的期望频数不足5（最小%s），检验结果仅供参考", few, Round(least, 1))
	}
}

// generalised are Rao and Scott's generalised design effects of the interaction: the
// covariance of the cells under the design against that of a simple sample, both seen
// through the contrasts of independence.
func (d *Design) generalised(t *tabulated, rows, columns []int, inside []bool) (*mat.Dense, error) {
	cells := t.rows * t.columns
	indicator := make([][]float64, cells)
	for k := range indicator {
		indicator[k] = make([]float64, len(d.weights))
	}
	for i := range inside {
		if inside[i] {
			indicator[columns[i]*t.rows+rows[i]][i] = 1
		}
	}
	f, err := d.Means(indicator, inside)
	if err != nil {
		return nil, err
	}
	contrasts := t.contrasts()
	scaled := mat.NewDense(cells, contrasts.RawMatrix().Cols, nil) // D⁻¹C
	for k := range cells {
		if p := f.Each[k].Value; p > 0 {
			for j := range contrasts.RawMatrix().Cols {
				scaled.Set(k, j, contrasts.At(k, j)/p)
			}
		}
	}
	var simple, v, designed, delta mat.Dense
	simple.Mul(contrasts.T(), scaled)
	simple.Scale(1/float64(t.n), &simple)
	v.Mul(f.Covariance, scaled)
	designed.Mul(scaled.T(), &v)
	if err := delta.Solve(&simple, &designed); err != nil {
		return nil, &DesignError{Why: "表里有的格没有人，无法检验；请合并选项后再比较"}
	}
	return &delta, nil
}

// contrasts are those of the interaction, orthogonal to the two margins, by cell.
func (t *tabulated) contrasts() *mat.Dense {
	cells := t.rows * t.columns
	main := mat.NewDense(cells, t.rows+t.columns-1, nil)
	inter := mat.NewDense(cells, (t.rows-1)*(t.columns-1), nil)
	for k := range cells {
		r, c := k%t.rows, k/t.rows
		main.Set(k, 0, 1)
		if r > 0 {
			main.Set(k, r, 1)
		}
		if c > 0 {
			main.Set(k, t.rows-1+c, 1)
		}
		if r > 0 && c > 0 {
			inter.Set(k, (c-1)*(t.rows-1)+r-1, 1)
		}
	}
	var qr mat.QR
	qr.Factorize(main)
	var fit, predicted mat.Dense
	if err := qr.SolveTo(&fit, false, inter); err != nil {
		panic(err) // the design of two factors has full rank
	}
	predicted.Mul(main, &fit)
	inter.Sub(inter, &predicted)
	return inter
}

// Pearson is the plain test of a table of counts, for a simple sample: X² with
// (r−1)(c−1) degrees of freedom.
func Pearson(counts [][]int) Association {
	t := &tabulated{rows: len(counts), counts: counts}
	for _, row := range counts {
		t.columns = max(t.columns, len(row))
		cells := make([]float64, len(row))
		for c, n := range row {
			cells[c] = float64(n)
			t.weight += float64(n)
			t.n += n
		}
		t.cells = append(t.cells, cells)
	}
	a := Association{N: t.n}
	if !t.comparable() {
		a.warn(BaseZero, "至少要有两行和两列有回答，才能比较")
		return a
	}
	a.Pearson = t.pearson(float64(t.n))
	a.Statistic, a.DF1 = a.Pearson, float64((t.rows-1)*(t.columns-1))
	a.CramersV = math.Sqrt(a.Pearson / (float64(t.n) * float64(min(t.rows, t.columns)-1)))
	a.P, a.Valid = distuv.ChiSquared{K: a.DF1}.Survival(a.Statistic), true
	t.warnFew(&a)
	return a
}

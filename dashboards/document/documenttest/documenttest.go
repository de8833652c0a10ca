// Package documenttest measures printed reports: how they lie on paper, whoever made them.
//
// # Why
//
// A report is held against GB/T 9704-2012 where its blocks are set and again where a real
// campaign prints it. What the standard asks is written here a second time, and package document
// is not imported: a wrong number there must not be right here. Ink is measured on pictures of
// the pages and letters by another reader of PDFs than the one that made them.
package documenttest

// The page of GB/T 9704-2012 section 5, in mm: A4, 37 above, 28 on the left, a text area of
// 156 by 225 with 22 lines of 28 characters. The standard allows 1 mm.
const (
	Wide, High = 210.0, 297.0
	Top, Left  = 37.0, 28.0
	Right      = Left + 156.0
	Bottom     = Top + 225.0
	Lines      = 22
	Characters = 28

	allowed = 1.0
)

// Sizes of letters of GB/T 9704-2012 sections 5.2 and 7, in pt: 2号 of the title, 3号 of the text
// and its headings, 4号 of the page number. Of tables the standard says nothing: 5号 is ours.
const (
	SizeTitle, SizeText, SizeNumber, SizeTable = 22.0, 16.0, 14.0, 10.5
)

const point = 25.4 / 72 // mm

//go:build race

package photo_test

// raceDetector tells that decoding and drawing take ten times as long as else.
const raceDetector = true

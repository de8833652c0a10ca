// Package main is a placeholder that the wiring replaces.
package main

func main() {}

package main

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"os"
	"path/filepath"
)

//go:embed page.html
var pageText string

// writePage writes index.html, which shows the pictures side by side.
func writePage(dir string, pictures []picture) error {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	list, err := json.Marshal(pictures)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "index.html"))
	if err != nil {
		return err
	}
	err = page.Execute(f, template.JS(list)) // made here, of names in the code alone
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

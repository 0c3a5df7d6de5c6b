// Stands in for the module of this name: go.mod of the product replaces it by this folder.
module github.com/go-gl/gl

go 1.26.0

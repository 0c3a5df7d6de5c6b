package main

func haveDisplay() error { return nil }

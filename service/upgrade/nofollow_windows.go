package upgrade

// noFollow: Windows lets only administrators make links, as the folder's list
// of accounts lets only them write here.
const noFollow = 0

package channel

import "strings"

// wordsLabel keeps the words' secret apart from every other export.
const wordsLabel = "EXPERIMENTAL beckmanconnect confirmation words 1"

// wordCount words of eight bits each.
const wordCount = 3

// Words turns the first bytes of secret into easy words. Both screens show
// them; technician and engineer can compare them over the telephone.
func Words(secret []byte) string {
	out := make([]string, wordCount)
	for i := range out {
		out[i] = wordList[secret[i]]
	}
	return strings.Join(out, " ")
}

// wordList has 256 short English words that are hard to mishear: no homophones,
// nothing rude, nothing that could pass for an instruction in a laboratory.
var wordList = [256]string{
	"acorn", "alley", "amber", "anchor", "angle", "apple", "apron", "arrow",
	"atlas", "attic", "autumn", "avenue", "badge", "bakery", "bamboo", "banjo",
	"banner", "barley", "basket", "beacon", "beaver", "berry", "bicycle", "biscuit",
	"blanket", "blossom", "bonnet", "border", "bottle", "branch", "breeze", "bridge",
	"bucket", "buffalo", "butter", "button", "cabin", "cactus", "camel", "camera",
	"candle", "canoe", "canvas", "canyon", "carpet", "carrot", "castle", "cedar",
	"cherry", "chimney", "cinema", "circle", "citrus", "clover", "coast", "cobalt",
	"coconut", "coffee", "comet", "copper", "coral", "cotton", "cousin", "cradle",
	"crayon", "cricket", "crystal", "cushion", "dahlia", "daisy", "dancer", "desert",
	"dinner", "dolphin", "domino", "donkey", "dragon", "drawer", "dream", "drummer",
	"eagle", "easel", "elbow", "elephant", "ember", "emerald", "engine", "evening",
	"falcon", "feather", "fiddle", "forest", "fountain", "garden", "garlic", "gazebo",
	"ginger", "giraffe", "glacier", "goblet", "guitar", "hammock", "harbour", "hazel",
	"helmet", "hermit", "hobby", "honey", "horizon", "igloo", "island", "ivory",
	"jacket", "jaguar", "jasmine", "jigsaw", "jungle", "kayak", "kettle", "kitten",
	"koala", "ladder", "lagoon", "lantern", "laurel", "lemon", "leopard", "library",
	"lilac", "lizard", "llama", "lobster", "locket", "magnet", "mango", "maple",
	"marble", "meadow", "melon", "mirror", "mitten", "monkey", "morning", "mountain",
	"muffin", "mustard", "napkin", "nectar", "needle", "nickel", "noodle", "nutmeg",
	"oasis", "ocean", "octopus", "olive", "onion", "opal", "orange", "orchid",
	"origami", "otter", "oyster", "paddle", "palace", "panda", "papaya", "parrot",
	"pebble", "pelican", "pencil", "penguin", "pepper", "piano", "picnic", "pillow",
	"pirate", "planet", "plaza", "pocket", "pony", "poppy", "potato", "puddle",
	"pumpkin", "puppet", "puzzle", "pyramid", "quartz", "quilt", "rabbit", "radish",
	"rainbow", "raven", "ribbon", "river", "rocket", "rooster", "ruby", "saddle",
	"saffron", "salmon", "sandal", "satin", "scarf", "school", "shadow", "shovel",
	"silver", "sketch", "slipper", "sofa", "spider", "spinach", "sponge", "spoon",
	"stable", "station", "sugar", "summer", "sunset", "table", "tango", "teapot",
	"temple", "thunder", "tiger", "timber", "toast", "tomato", "tower", "tractor",
	"tulip", "tunnel", "turtle", "umbrella", "uncle", "valley", "vanilla", "velvet",
	"village", "violin", "wagon", "walnut", "walrus", "weasel", "whistle", "willow",
	"window", "winter", "wolf", "yacht", "yellow", "yogurt", "zebra", "zipper",
}

package party

// Kinds are the kinds of party the law can speak of.
func Kinds() []string {
	return []string{"csirt", "isac", "regulator", "company", "headquarters", "contact-point", "authority", "individual"}
}

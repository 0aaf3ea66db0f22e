/* family.h - everybody who is the same person, in SQL. */
#ifndef POSTERN_STORE_FAMILY_H
#define POSTERN_STORE_FAMILY_H

/* Everybody who turned out to be this person, and whom this one turned out to
 * be; the first parameter is the person. */
#define PERSON_FAMILY                                                         \
	"WITH RECURSIVE later(id) AS (SELECT CAST(? AS BIGINT) UNION"         \
	" SELECT p.joined_into FROM person p JOIN later l ON p.id=l.id"       \
	" WHERE p.joined_into IS NOT NULL),"                                  \
	"family(id) AS (SELECT id FROM later UNION SELECT p.id FROM person p" \
	" JOIN family f ON p.joined_into=f.id) "

#endif

# A raked wave as R has it: what TestARakedWaveAgreesWithR holds the pages' figures against.
# Run in this folder: Rscript raking.R   (R 4.2.2, survey 4.1.1 from Debian 12)
# Writes sheets.csv (invented answers, the file that is imported), margins.csv (the workbook of
# known totals that is uploaded) and estimates.csv.
suppressMessages(library(survey))
set.seed(20260903)
n <- 640
x <- data.frame(number = sprintf("R%04d", 1:n), group = sample(c("a", "b", "c"), n, TRUE, c(5, 3, 1)), sex = sample(c("m", "f"), n, TRUE, c(3, 2)), stringsAsFactors = FALSE)
x$age <- ifelse(x$group == "a", sample(c("y", "m"), n, TRUE, c(8, 2)), sample(c("y", "m", "o"), n, TRUE, c(3, 5, 2)))
x$distributor <- paste0(x$group, sample(1:9, n, TRUE))
like <- c(a = 0.8, b = 0.45, c = 0.6)[x$group] + ifelse(x$sex == "f", 0.08, 0) - ifelse(x$age == "o", 0.2, 0) + 0.03 * (as.integer(substr(x$distributor, 2, 2)) - 5)
u <- runif(n)
x$sat <- ifelse(u < like, "5", ifelse(u < like + 0.12, "3", ifelse(u < like + 0.17, "9", "1")))
x$sat[sample(n, 41)] <- ""
x$age[sample(n, 17)] <- ""
write.csv(x, "sheets.csv", row.names = FALSE, quote = FALSE)
margins <- rbind(
  data.frame(variable = "group", option = c("a", "b", "c"), total = c(52000, 398000, 150000), source = "yearbook 2026"),
  data.frame(variable = "sex", option = c("m", "f"), total = c(291000, 309000), source = "census 2020"),
  data.frame(variable = "age", option = c("y", "m", "o"), total = c(168000, 272000, 160000), source = "census 2020"))
write.csv(margins, "margins.csv", row.names = FALSE, quote = FALSE)

frame <- c(a = 48000, b = 410000, c = 142000)  # the populations of the strata, for the base weights
x <- x[x$age != "", ]                           # no value in a margin: as if it had not come back
x$N <- frame[x$group]
x$base <- x$N / as.vector(table(x$group)[x$group])
x$ones <- 1
x$share <- ifelse(x$sat == "", NA, as.numeric(x$sat == "5"))
x$opinion <- ifelse(x$sat %in% c("", "9"), NA, as.numeric(x$sat == "5"))
x$index <- c("5" = 100, "3" = 60, "1" = 0)[x$sat]
total <- function(v) { m <- margins[margins$variable == v, ]; setNames(data.frame(m$option, m$total), c(v, "Freq")) }
exact <- list(maxit = 2000, epsilon = 1e-13, verbose = FALSE)
raked <- function(d) rake(d, list(~group, ~sex, ~age), list(total("group"), total("sex"), total("age")), control = exact)
x$psu <- x$distributor
designs <- list(
  clusters = raked(svydesign(~psu, strata = ~group, weights = ~base, data = x)),
  people = raked(svydesign(~1, strata = ~group, weights = ~base, data = x)),
  finite = raked(svydesign(~1, strata = ~group, weights = ~base, fpc = ~N, data = x)),
  unframed = raked(svydesign(~1, strata = ~group, weights = ~ones, data = x)))
out <- list()
add <- function(design, by, value, indicator, mean, se, deff) out[[length(out) + 1]] <<- data.frame(design, by, value, indicator, mean = sprintf("%.17g", mean), se = sprintf("%.17g", se), deff = sprintf("%.17g", deff))
for (name in names(designs)) {
  d <- designs[[name]]
  for (i in c("share", "opinion", "index")) {
    m <- svymean(as.formula(paste0("~", i)), d, na.rm = TRUE, deff = TRUE)
    add(name, "", "", i, coef(m), SE(m), deff(m))
    for (by in c("sex", "age")) {
      b <- svyby(as.formula(paste0("~", i)), as.formula(paste0("~", by)), d, svymean, na.rm = TRUE, deff = TRUE)
      for (k in seq_len(nrow(b))) add(name, by, b[[by]][k], i, coef(b)[k], SE(b)[k], deff(b)[k])
    }
  }
}
write.csv(do.call(rbind, out), "estimates.csv", row.names = FALSE, quote = FALSE)
w <- weights(designs$clusters)
write.csv(data.frame(n = length(w), least = sprintf("%.17g", min(w)), most = sprintf("%.17g", max(w)), kish = sprintf("%.17g", length(w) * sum(w^2) / sum(w)^2)), "weights.csv", row.names = FALSE, quote = FALSE)

# The examples that R's survey package publishes with its functions, on its data set api:
# schools of California, 1999 and 2000, by the California Department of Education (help pages
# of svymean, svyratio, svychisq; Lumley, Complex Surveys, chapters 2 and 3).
# Run in this folder: Rscript api.R   (R 4.2.2, survey 4.1.1 from Debian 12)
suppressMessages(library(survey))
data(api)
digits <- function(x) sprintf("%.15g", x)
keep <- function(x, name, columns) write.csv(x[, columns], name, row.names = FALSE, quote = FALSE, na = "")
keep(apistrat, "apistrat.csv", c("stype", "pw", "fpc", "api00", "api99", "enroll", "api.stu", "awards", "sch.wide"))
keep(apiclus1, "apiclus1.csv", c("dnum", "stype", "pw", "fpc", "api00", "api99", "enroll", "api.stu", "awards", "sch.wide"))
apiclus2$pw2 <- weights(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2))
apiclus2$pw2 <- digits(apiclus2$pw2)
keep(apiclus2, "apiclus2.csv", c("dnum", "snum", "stype", "pw2", "fpc1", "fpc2", "api00", "api99", "enroll", "api.stu", "awards", "sch.wide"))

designs <- list(
  apistrat = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat, fpc = ~fpc),
  apiclus1 = svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc),
  apiclus2 = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2))
out <- file("api.csv", "w")
writeLines("design,what,variable,domain,value,se,df,deff", out)
say <- function(design, what, variable, domain, s, df, deff) {
  cat(design, what, variable, domain, digits(coef(s)[[1]]), digits(SE(s)[[1]]), df, if (is.na(deff)) "" else digits(deff), sep = ",", file = out)
  cat("\n", file = out)
}
for (name in names(designs)) {
  d <- designs[[name]]
  for (domain in c("", "E")) {
    at <- if (domain == "") d else subset(d, stype == domain)
    # Degrees of freedom are of those with an answer: R's confint takes what it is given.
    there <- subset(at, !is.na(enroll) & !is.na(api.stu))
    for (v in c("api00", "enroll")) {
      m <- svymean(as.formula(paste0("~", v)), at, na.rm = TRUE, deff = TRUE)
      say(name, "mean", v, domain, m, degf(if (v == "enroll") there else at), deff(m)[[1]])
    }
    say(name, "total", "enroll", domain, svytotal(~enroll, at, na.rm = TRUE), degf(there), NA)
    say(name, "ratio", "api.stu/enroll", domain, svyratio(~api.stu, ~enroll, at, na.rm = TRUE), degf(there), NA)
    p <- svymean(~I(awards == "Yes"), at, deff = TRUE)
    cat(name, "mean", "awards", domain, digits(coef(p)[[2]]), digits(SE(p)[[2]]), degf(at), digits(deff(p)[[2]]), sep = ",", file = out); cat("\n", file = out)
  }
  x <- svychisq(~sch.wide + stype, d)
  cat(name, "chisq", "sch.wide+stype", "", digits(x$statistic[[1]]), digits(x$parameter[[1]]), digits(x$parameter[[2]]), digits(x$p.value[[1]]), sep = ",", file = out); cat("\n", file = out)
}
close(out)

-- What comes by the thousand is merged row by row until it is large: column by column, each of
-- 35 columns is opened in each part, which took more of the processor than writing them.
{{mergesOfMany "response_revisions"}};
{{mergesOfMany "responses"}};
{{mergesOfMany "audit_events"}};

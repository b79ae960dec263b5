//! The bill of a day: every payment and refund as the platform counts them.

/// A line that is about an order of somebody's; amounts in fen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// The merchant's number of the payment.
    pub trade_no: String,
    /// The platform's.
    pub transaction: String,
    pub paid: i64,
    /// Of a refund: the merchant's number, and how much.
    pub refund: Option<(String, i64)>,
}

/// `None`: it is not what the documentation says. Each cell has a backtick before it, so that
/// table programs leave numbers alone; two lines of sums come last.
pub fn read_bill(table: &[u8]) -> Option<Vec<BillLine>> {
    let text = std::str::from_utf8(table).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let heading: Vec<String> = reader.headers().ok()?.iter().map(str::to_owned).collect();
    let column = |name: &str| heading.iter().position(|known| known == name);
    let (trade, transaction, state) =
        (column("商户订单号")?, column("微信订单号")?, column("交易状态")?);
    let (paid, refund, amount) =
        (column("订单金额")?, column("商户退款单号")?, column("申请退款金额")?);
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.ok()?;
        if record.get(0).is_some_and(|first| first.starts_with("总")) {
            break;
        }
        let cell = |at: usize| record.get(at).map(|cell| cell.trim_start_matches('`').trim());
        let refund = match cell(state)? {
            "SUCCESS" => None,
            "REFUND" => Some((cell(refund)?.to_owned(), fen(cell(amount)?)?)),
            // Taken back before it was paid.
            _ => continue,
        };
        lines.push(BillLine {
            trade_no: cell(trade)?.to_owned(),
            transaction: cell(transaction)?.to_owned(),
            paid: fen(cell(paid)?)?,
            refund,
        });
    }
    Some(lines)
}

/// `210.00`
fn fen(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<2}").parse().ok().filter(|_| part.len() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "\u{feff}交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n";
    const PAID: &str = "`2026-11-23 10:05:00,`wx1,`19,`0,`,`4200001,`526003184P1,`o1,`JSAPI,`SUCCESS,`OTHERS,`CNY,`210.00,`0.00,`0,`0,`0.00,`0.00,`,`,`尿素,`,`1.26,`0.60%,`210.00,`0.00,`\r\n";
    const BACK: &str = "`2026-11-23 11:05:00,`wx1,`19,`0,`,`4200001,`526003184P1,`o1,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5000,`526003184R1,`105.50,`0.00,`ORIGINAL,`SUCCESS,`尿素,`,`-0.63,`0.60%,`210.00,`105.50,`\r\n";
    const SUMS: &str = "总交易单数,应结订单总金额\r\n`2,`210.00\r\n";

    #[test]
    fn a_bill_is_read_without_its_sums() {
        let lines = read_bill(format!("{HEADING}{PAID}{BACK}{SUMS}").as_bytes()).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].transaction.as_str(), lines[0].paid), ("4200001", 21_000));
        assert_eq!(lines[1].refund, Some(("526003184R1".into(), 10_550)));
        assert_eq!(read_bill(b"something else\n"), None);
        assert_eq!(read_bill(format!("{HEADING}{SUMS}").as_bytes()), Some(Vec::new()));
    }
}

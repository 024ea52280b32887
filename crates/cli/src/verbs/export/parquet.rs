//! Columns as a Parquet file: nullable strings, doubles, integers, booleans and timestamps.

use std::sync::Arc;

use api::parse_decimal;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::columns::{Cells, Column};

/// The file, with all rows in one group: a selection has at most some thousand training jobs.
///
/// # Errors
/// None that a column of [`Cells`] can cause.
pub(super) fn file(columns: &[Column]) -> Result<Vec<u8>> {
    let fields = columns.iter().map(|column| field(column).map(Arc::new)).collect::<Result<_>>()?;
    let schema = Type::group_type_builder("trials").with_fields(fields).build()?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for column in columns {
        write(&mut group, &column.cells)?;
    }
    group.close()?;
    writer.into_inner()
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.cells {
        Cells::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Cells::Decimal(_) => (Physical::DOUBLE, None),
        Cells::Whole(_) => (Physical::INT32, None),
        Cells::Flag(_) => (Physical::BOOLEAN, None),
        Cells::Time(_) => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

fn write(group: &mut SerializedRowGroupWriter<'_, Vec<u8>>, cells: &Cells) -> Result<()> {
    match cells {
        Cells::Text(cells) => put::<ByteArrayType, _>(group, cells, |text| Some(ByteArray::from(text.as_str()))),
        Cells::Decimal(cells) => put::<DoubleType, _>(group, cells, |text| parse_decimal(text)),
        Cells::Whole(cells) => put::<Int32Type, _>(group, cells, |number| Some(*number)),
        Cells::Flag(cells) => put::<BoolType, _>(group, cells, |flag| Some(*flag)),
        Cells::Time(cells) => put::<Int64Type, _>(group, cells, |time| Some(time.as_millisecond())),
    }
}

/// Writes the next column: the non-null values, and for each row whether it has one.
fn put<T: DataType, C>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    cells: &[Option<C>],
    value: impl Fn(&C) -> Option<T::T>,
) -> Result<()> {
    let cells: Vec<Option<T::T>> = cells.iter().map(|cell| cell.as_ref().and_then(&value)).collect();
    let present: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(&values, Some(&present), None)?;
        column.close()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::io::Write as _;

    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    #[test]
    fn a_reader_finds_the_types_and_the_values() {
        let named = |name: &str, cells| Column { name: name.to_owned(), cells };
        let columns = [
            named("candidate", Cells::Text(vec![Some("swin".into()), Some("naïve".into())])),
            named("metrics.loss", Cells::Decimal(vec![Some("1e-3".into()), None])),
            named("trainingSeconds", Cells::Whole(vec![None, Some(90)])),
            named("best", Cells::Flag(vec![Some(true), Some(false)])),
            named("selectionStartTime", Cells::Time(vec![Some("2026-01-02T03:04:05Z".parse().unwrap()), None])),
        ];
        let mut written = tempfile::tempfile().unwrap();
        written.write_all(&file(&columns).unwrap()).unwrap();
        let reader = SerializedFileReader::new(written).unwrap();
        let rows: Vec<Vec<Field>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().into_columns().into_iter().map(|(_, field)| field).collect())
            .collect();
        let time = Field::TimestampMillis(1_767_323_045_000);
        let first = [Field::Str("swin".into()), Field::Double(0.001), Field::Null, Field::Bool(true), time];
        let second = [Field::Str("naïve".into()), Field::Null, Field::Int(90), Field::Bool(false), Field::Null];
        assert_eq!(rows, [first, second]);
    }
}

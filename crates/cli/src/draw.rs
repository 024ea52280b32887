//! A front as a file: SVG, or PNG.

use std::path::Path;

use api::plain;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};
use view::plot::{Axis, Plot, Point, bounds};
use view::runs::Mark;
use view::text::number;

use crate::failure::Failure;

const SIZE: (u32, u32) = (960, 640);
const FONT: &str = "sans-serif";
/// Maximum number of names next to points.
const NAMES: usize = 24;
// Distinguishable with color blindness, and by shape and size.
const RECOMMENDED: RGBColor = RGBColor(213, 94, 0);
const FRONT: RGBColor = RGBColor(0, 114, 178);
const DOMINATED: RGBColor = RGBColor(150, 150, 150);

/// Writes the picture to a file in the format of its extension.
pub(crate) fn write(plot: &Plot, file: &Path) -> Result<(), Failure> {
    // The machine's fonts differ, or an image has none: this font is part of the program.
    let _ = register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    let failed = |error: &dyn std::fmt::Display| Failure::Message(format!("cannot draw {}: {error}", file.display()));
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => {
            let mut svg = String::new();
            draw(plot, &SVGBackend::with_string(&mut svg, SIZE).into_drawing_area()).map_err(|error| failed(&error))?;
            std::fs::write(file, svg)?;
        }
        Some("png") => {
            draw(plot, &BitMapBackend::new(file, SIZE).into_drawing_area()).map_err(|error| failed(&error))?;
        }
        _ => {
            return Err(Failure::Message(format!(
                "cannot draw {}: the name must end with .svg, .png or .html",
                file.display()
            )));
        }
    }
    Ok(())
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw<B: DrawingBackend>(plot: &Plot, area: &DrawingArea<B, Shift>) -> Drawn
where
    B::ErrorType: 'static,
{
    area.fill(&WHITE)?;
    let [left, right] = bounds(&plot.x, plot.points.iter().map(|point| point.x));
    let [bottom, top] = bounds(&plot.y, plot.points.iter().map(|point| point.y));
    let mut chart = ChartBuilder::on(area)
        .caption(format!("Pareto front of {}", plain(&plot.dataset)), (FONT, 24))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d(left..right, bottom..top)?;
    let label = |axis: &Axis, place: &f64| number(&format!("{}", axis.value(*place)));
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.08))
        .label_style((FONT, 15))
        .axis_desc_style((FONT, 17))
        .x_desc(title(&plot.x))
        .y_desc(title(&plot.y))
        .x_label_formatter(&|place| label(&plot.x, place))
        .y_label_formatter(&|place| label(&plot.y, place))
        .draw()?;
    let place = |point: &Point| (plot.x.place(point.x), plot.y.place(point.y));
    let of = |mark: Mark| plot.points.iter().filter(move |point| point.mark == mark);
    chart.draw_series(of(Mark::Excluded).map(|p| Cross::new(place(p), 4, DOMINATED.stroke_width(1))))?;
    chart.draw_series(of(Mark::Dominated).map(|p| Circle::new(place(p), 4, DOMINATED.stroke_width(1))))?;
    chart.draw_series(of(Mark::Observed).map(|p| Cross::new(place(p), 6, RECOMMENDED.stroke_width(3))))?;
    chart.draw_series(of(Mark::Front).map(|p| Circle::new(place(p), 5, FRONT.filled())))?;
    chart.draw_series(of(Mark::Recommended).map(|p| TriangleMarker::new(place(p), 11, RECOMMENDED.filled())))?;
    let named = of(Mark::Recommended).chain(of(Mark::Front)).take(NAMES);
    chart.draw_series(named.map(|point| {
        // On the side with more space.
        let (x, y) = place(point);
        let shown = plain(&point.label).into_owned();
        let offset = if x > f64::midpoint(left, right) { -8 - 7 * i32::try_from(shown.len()).unwrap_or(0) } else { 8 };
        EmptyElement::at((x, y)) + Text::new(shown, (offset, -16), (FONT, 14))
    }))?;
    area.present()?;
    Ok(())
}

fn title(axis: &Axis) -> String {
    let better = match axis.goal {
        Some(api::Goal::Maximize) => ", more is better",
        Some(api::Goal::Minimize) => ", less is better",
        None => "",
    };
    format!("{}{better}{}", plain(&axis.metric), if axis.log { " (logarithmic)" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        let axis = |metric: &str, log| Axis { metric: metric.into(), goal: Some(api::Goal::Maximize), log };
        let point = |label: &str, x, y, mark| Point { label: label.into(), x, y, mark };
        Plot {
            dataset: "caltech256 <&>".into(),
            x: axis("test_throughput", true),
            y: axis("test_accuracy", false),
            points: vec![
                point("swin-large", 0.3, 0.964, Mark::Front),
                point("mobilenet", 40.0, 0.802, Mark::Recommended),
                point("efficientnet", 0.8, 0.931, Mark::Dominated),
            ],
            without: 0,
        }
    }

    #[test]
    fn the_ending_decides_the_format() {
        let folder = std::env::temp_dir().join(format!("modelselection-draw-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (svg, png) = (folder.join("front.svg"), folder.join("front.png"));
        write(&plot(), &svg).unwrap();
        let text = std::fs::read_to_string(&svg).unwrap();
        assert!(
            text.starts_with("<svg") && text.contains("mobilenet") && text.contains("caltech256 &lt;&amp;&gt;"),
            "{text}"
        );
        write(&plot(), &png).unwrap();
        assert_eq!(&std::fs::read(&png).unwrap()[..8], b"\x89PNG\r\n\x1a\n");
        let error = write(&plot(), &folder.join("front.gif")).unwrap_err().to_string();
        assert!(error.contains("must end with .svg, .png or .html"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
